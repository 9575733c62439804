/**
Whether an OpenSSH pattern, in which `*` is any text and `?` any character, matches the whole text.

A regular expression would backtrack exponentially on patterns with many stars.
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
			// The last star takes one more character; earlier ones need no retry.
			at = star + 1;
			index = ++resumeAt;
		}
	}

	return /^\**$/v.test(pattern.slice(at));
};

/** Whether a pattern matches, and none with a leading `!` does. */
export const isPatternListMatch = (patterns: readonly string[], text: string): boolean =>
	!patterns.some(pattern => pattern.startsWith('!') && isPatternMatch(pattern.slice(1), text))
	&& patterns.some(pattern => !pattern.startsWith('!') && isPatternMatch(pattern, text));
