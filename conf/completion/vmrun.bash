# bash completion for vmrun. The words come from vmrun itself: vmrun complete.
# shellcheck shell=bash

# The words up to the cursor in _vmrun_words, as they were typed: readline breaks them at each of COMP_WORDBREAKS, which
# holds characters that stand in names, forwards and options.
_vmrun_join() {
	local line=${COMP_LINE:0:COMP_POINT} i word
	_vmrun_words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $line != [[:space:]]* && ${#_vmrun_words[@]} -gt 0 ]]; then
			_vmrun_words[-1]+=$word
		else
			line=${line#"${line%%[![:space:]]*}"}
			_vmrun_words+=("$word")
		fi
		# The last word ends at the cursor.
		if ((${#word} > ${#line})); then
			_vmrun_words[-1]=${_vmrun_words[-1]%"${word:${#line}}"}
			word=$line
		fi
		line=${line:${#word}}
	done
}

# What the shell would make of a word, without running anything.
_vmrun_unquote() {
	local word=$1
	case $word in
	\"*) word=${word#\"} word=${word%\"} ;;
	\'*) word=${word#\'} word=${word%\'} ;;
	*) word=${word//\\/} ;;
	esac
	# shellcheck disable=SC2088 # the tilde as it was typed
	[[ $word != "~/"* ]] || word=$HOME/${word#"~/"}
	printf '%s' "$word"
}

_vmrun() {
	local _vmrun_words words=() word typed quoted="" before="" line paths="" space=""
	_vmrun_join
	for word in "${_vmrun_words[@]}"; do words+=("$(_vmrun_unquote "$word")"); done
	typed=${words[-1]}
	[[ ${_vmrun_words[-1]} != [\"\']* ]] || quoted=1
	# Only what is behind the last break is replaced; an at sign is itself replaced as well.
	if [[ ! $quoted ]]; then
		before=$typed
		while [[ $before && $COMP_WORDBREAKS != *"${before: -1}"* ]]; do before=${before%?}; done
		before=${before%@}
	fi
	COMPREPLY=()
	while IFS= read -r line; do
		case $line in
		$'\t'*) paths=${line#?} ;;
		*)
			word=${line%%$'\t'*}
			[[ $word == *[=.@,:] ]] || space=1
			word=${word#"$before"}
			[[ $quoted || $word != *[!A-Za-z0-9_./:=@,+%-]* ]] || printf -v word %q "$word"
			COMPREPLY+=("$word")
			;;
		esac
	done < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
	case $paths in
	files) compopt -o filenames 2>/dev/null; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "${typed#"$before"}") ;;
	folders) compopt -o filenames 2>/dev/null; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "${typed#"$before"}") ;;
	*) [[ $space || ! ${COMPREPLY[*]} ]] || compopt -o nospace 2>/dev/null ;;
	esac
}

complete -F _vmrun vmrun
