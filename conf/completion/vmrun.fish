# fish completion for vmrun. The words come from vmrun itself: vmrun complete.

function __vmrun_complete
    set -l words (commandline -opc)
    set -l typed (string unescape -- (commandline -ct))
    for line in (command $words[1] complete -- $words[2..-1] "$typed" 2>/dev/null)
        switch $line
            case \t'files'
                __fish_complete_path "$typed"
            case \t'folders'
                __fish_complete_directories "$typed" ''
            case '*'
                echo $line
        end
    end
end

complete -c vmrun -f -a '(__vmrun_complete)'
