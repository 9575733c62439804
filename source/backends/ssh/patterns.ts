/**
Whether a pattern of OpenSSH, where `*` is any text and `?` any character, is that of the whole text.

A regular expression would go back at every star, and take time without end on patterns of many.
*/
export const isPatternMatch = (pattern: string, text: string): boolean => {
	let at = 0;
	let star = -1;
	let resumeAt = 0;
	for (let index = 0; index < text.length;) {
		if (pattern[at] === '*') {
			star = at++;
			resumeAt = index;
		} else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[index])) {
			at++;
			index++;
		} else if (star === -1) {
			return false;
		} else {
			// The last star takes one character more; what stood before it need not be tried again.
			at = star + 1;
			index = ++resumeAt;
		}
	}

	return /^\**$/v.test(pattern.slice(at));
};

/** Whether one of the patterns matches and none of those that begin with `!` does. */
export const isPatternListMatch = (patterns: readonly string[], text: string): boolean =>
	!patterns.some(pattern => pattern.startsWith('!') && isPatternMatch(pattern.slice(1), text))
	&& patterns.some(pattern => !pattern.startsWith('!') && isPatternMatch(pattern, text));
