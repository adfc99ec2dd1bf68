#compdef vmrun
# zsh completion for vmrun. The words come from vmrun itself: vmrun complete.

_vmrun() {
	local line word paths
	local -a spaced shown bare bareshown

	for line in "${(@f)$(${(Q)words[1]} complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
		case $line in
		'') ;;
		$'\t'*) paths=${line#?} ;;
		*)
			word=${line%%$'\t'*} line=${line#*$'\t'}
			if [[ $word == *[=.@,:] ]]; then
				bare+=("$word") bareshown+=("$word${line:+  -- $line}")
			else
				spaced+=("$word") shown+=("$word${line:+  -- $line}")
			fi
			;;
		esac
	done
	((${#spaced})) && compadd -l -d shown -a spaced
	((${#bare})) && compadd -l -S '' -d bareshown -a bare
	case $paths in
	files) _files ;;
	folders) _files -/ ;;
	esac
	((${#spaced} + ${#bare})) || [[ -n $paths ]]
}

if [[ $funcstack[1] == _vmrun ]]; then
	_vmrun "$@"
else
	compdef _vmrun vmrun
fi
