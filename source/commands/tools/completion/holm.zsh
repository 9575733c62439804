#compdef holm
# zsh completion for holm
_holm() {
	local value description files=
	local -a lines candidates
	lines=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
	for value in $lines; do
		if [[ $value == :files ]]; then
			files=1
		else
			description=
			[[ $value == *$'\t'* ]] && description=${value#*$'\t'}
			value=${value%%$'\t'*}
			candidates+=("${value//:/\\:}${description:+:$description}")
		fi
	done
	(( $#candidates )) && _describe -V holm candidates
	[[ -n $files ]] && _files
	(( $#candidates )) || [[ -n $files ]]
}
if [[ $funcstack[1] == _holm ]]; then _holm "$@"; else compdef _holm holm; fi
