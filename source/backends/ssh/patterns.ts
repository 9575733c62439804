import {textWildcards, wildcardMatcher} from '../../text/wildcards.js';

/** Whether an OpenSSH pattern, in which `*` is any text and `?` any character, matches the whole text. */
export const isPatternMatch = (pattern: string, text: string): boolean => wildcardMatcher(textWildcards(pattern))(text);

/** Whether a pattern matches, and none with a leading `!` does. */
export const isPatternListMatch = (patterns: readonly string[], text: string): boolean =>
	!patterns.some(pattern => pattern.startsWith('!') && isPatternMatch(pattern.slice(1), text))
	&& patterns.some(pattern => !pattern.startsWith('!') && isPatternMatch(pattern, text));
