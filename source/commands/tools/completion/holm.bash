# bash completion for holm
_holm() {
	local line word value files= typed before
	local -a words
	line=${COMP_LINE:0:COMP_POINT}
	read -ra words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=('')
	while ((${#words[@]} > 1)) && [[ ${words[0]} != "${COMP_WORDS[0]}" ]]; do words=("${words[@]:1}"); done
	# Words are split at blanks alone; bash also splits at colons and equals signs, and then keeps what precedes.
	word=${words[-1]}
	typed=${COMP_WORDS[COMP_CWORD]}
	[[ $typed == [=:] ]] && typed=
	before=${word%"$typed"}
	COMPREPLY=()
	while IFS= read -r value; do
		if [[ $value == :files ]]; then
			files=1
		else
			value=${value%%$'\t'*}
			COMPREPLY+=("${value#"$before"}")
		fi
	done < <("${words[0]/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null)
	if [[ -n $files ]]; then
		compopt -o filenames 2>/dev/null
		while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$typed")
	fi
	if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=:/] ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o nosort -F _holm holm 2>/dev/null || complete -F _holm holm
