# fish completion for holm
function __holm_complete
	set --local words (commandline --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
	for value in ($words[1] __complete $words[2..] 2>/dev/null)
		if test "$value" = :files
			__fish_complete_path (commandline --current-token --cut-at-cursor)
		else
			echo $value
		end
	end
end
complete --command holm --no-files --keep-order --arguments '(__holm_complete)'
