/** How serious a line is, by what the line itself says. */
export type Level = 'fatal' | 'error' | 'warning' | 'info' | 'debug' | 'trace';

/** Whether `e` stops at lines of this level. */
export const isError = (level: Level | undefined): boolean => level === 'error' || level === 'fatal';

const words: Readonly<Record<Level, readonly string[]>> = {
	fatal: ['fatal', 'fata', 'ftl', 'panic', 'pani', 'pnc', 'dpanic', 'critical', 'crit', 'emergency', 'emerg', 'alert'],
	error: ['error', 'erro', 'eror', 'err', 'severe', 'fail', 'failed'],
	warning: ['warning', 'warn', 'wrn', 'depend'],
	info: ['information', 'informational', 'info', 'inf', 'notice', 'note', 'ok', 'system'],
	debug: ['debug', 'debu', 'dbug', 'dbg', 'verbose', 'config', 'fine'],
	trace: ['trace', 'trac', 'trce', 'trc', 'finer', 'finest'],
};

const pairs = Object.entries(words) as ReadonlyArray<[Level, readonly string[]]>;
const levels: ReadonlyMap<string, Level> = new Map(pairs.flatMap(([level, names]) => names.map(name => [name, level] as const)));
const names = [...levels.keys()].toSorted((a, b) => b.length - a.length).join('|');
// Names that are also words of a sentence.
const sentenceWords = new Set(['config', 'depend', 'fine', 'finer', 'finest', 'note', 'ok', 'system']);
const upperNames = [...levels.keys()].filter(name => !sentenceWords.has(name)).map(name => name.toUpperCase()).toSorted((a, b) => b.length - a.length).join('|');

/** Characters of a line that are looked at. */
const longestHead = 1024;
/** Those in which a word that is not in a field must begin. */
const longestLead = 200;
/** The same for JSON, whose loggers may put the level after the message. */
const longestJson = 4096;
const mostCandidates = 8;

// Severities of syslog (RFC 5424, 6.2.1); GELF has the same numbers.
const severities: readonly Level[] = ['fatal', 'fatal', 'fatal', 'error', 'warning', 'info', 'info', 'debug'];
const tens: readonly Level[] = ['trace', 'trace', 'debug', 'info', 'warning', 'error', 'fatal'];
const redisMarks: Readonly<Record<string, Level>> = {'#': 'warning', '*': 'info', '-': 'debug', '.': 'debug'};
const letters: Readonly<Record<string, Level>> = {F: 'fatal', C: 'fatal', E: 'error', W: 'warning', I: 'info', D: 'debug', T: 'trace'};

const klog = /^\[?(?<letter>[C-FIW])(?: ?\d{4}|\d{6}| \d{4}-\d{2}-\d{2}) \d{2}:\d{2}:\d{2}/v;
const priority = /^<(?<value>1?\d{1,2})>/v;
const redis = /^\d+:[XCSM] \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2}\.\d{3} (?<mark>[#*\-.]) /v;
const field = /(?:^|[\s,;])(?:level|lvl|severity|loglevel|log_level|log\.level)=["']?(?<name>[a-z]{1,13})(?![\w\-])/iv;
const httpStatus = /HTTP\/\d(?:\.\d)?" (?<status>[1-5]\d{2})(?= |$)|^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \S{1,500} (?<bare>[1-5]\d{2}) |^\[GIN\] [^\|]{1,40}\| (?<gin>[1-5]\d{2}) \|/v;
const delimited = new RegExp(String.raw`[\[<\(\|]\s*(?:\w{1,20}:)?(?<inside>${names})\s*[\]>\)\|]|(?:^|[\s:])(?<before>${names})(?:\[\w{1,12}\])?:(?=\s|$)`, 'iv');
const upper = new RegExp(String.raw`(?<![\w\-.\/="'])(?:(?<name>${upperNames})(?![\w\-.\/=])|(?<log>LOG):)`, 'v');
const failure = /^(?:Traceback \(most recent call last\)|Exception in thread |Caused by: |Unhandled |Uncaught |(?:[\w$]{1,40}\.){0,10}[A-Z]\w{0,60}(?:Error|Exception)(?::|$))/v;
const death = /^panic: |^fatal error: |^thread '[^']{0,100}' panicked at|\bKernel panic\b|^Segmentation fault/v;
const jsonLevel = /"(?:level|lvl|severity|severitytext|loglevel|log_level|log\.level|levelname|level_name|@l|@level)"\s*:\s*(?:"(?<name>[a-z]{1,13})"|(?<value>\d{1,3})(?!\d))/giv;
const mongo = /^\{"t":\{"\$date":"[^"]{1,40}"\},"s":"(?<letter>[DEFIW])\d?"/v;
const jsonStatus = /"(?:status|status_code|statusCode|response_code)"\s*:\s*"?(?<status>[1-5]\d{2})(?!\d)/gv;

const levelOfStatus = (status: number): Level => status >= 500 ? 'error' : (status >= 400 ? 'warning' : 'info');

/** A level by its number: of syslog and GELF up to 7, else of pino, bunyan and Python in tens. */
const levelOfNumber = (value: number): Level => severities[value] ?? tens[Math.min(6, Math.floor(value / 10))] ?? 'trace';

/** The level with this name, whatever its case. */
export const levelNamed = (name: string): Level | undefined => /^\d{1,3}$/v.test(name) ? levelOfNumber(Number(name)) : levels.get(name.toLowerCase());

const quote = 34;
const backslash = 92;

/** Whether a field that begins at this index is one of the object itself, or of its `log` (as Elastic's schema has it). */
const isOwnField = (text: string, end: number): boolean => {
	let depth = 0;
	let isInString = false;
	let opened = 0;
	for (let index = 0; index < end; index++) {
		const code = text.codePointAt(index)!;
		if (isInString) {
			if (code === backslash) {
				index++;
			} else if (code === quote) {
				isInString = false;
			}
		} else if (code === quote) {
			isInString = true;
		} else if (code === 123 || code === 91) {
			depth++;
			opened = index;
		} else if (code === 125 || code === 93) {
			depth--;
		}
	}

	return !isInString && (depth === 1 || (depth === 2 && /"log"\s*:\s*$/v.test(text.slice(Math.max(0, opened - 12), opened))));
};

const ownMatch = (text: string, pattern: RegExp): RegExpExecArray | undefined => {
	pattern.lastIndex = 0;
	for (let count = 0; count < mostCandidates; count++) {
		const match = pattern.exec(text);
		if (!match) {
			return undefined;
		}

		if (!text.slice(1, match.index).includes('{') || isOwnField(text, match.index)) {
			return match;
		}
	}

	return undefined;
};

const levelOfJson = (text: string): Level | undefined => {
	const head = text.slice(0, longestJson);
	const letter = mongo.exec(head)?.groups!.letter;
	if (letter !== undefined) {
		return letters[letter];
	}

	const found = ownMatch(head, jsonLevel)?.groups;
	if (found) {
		return found.name === undefined ? levelOfNumber(Number(found.value)) : levels.get(found.name.toLowerCase());
	}

	const status = ownMatch(head, jsonStatus)?.groups!.status;
	return status === undefined ? undefined : levelOfStatus(Number(status));
};

/** The first word that stands where loggers put the level. */
const levelOfWord = (head: string): Level | undefined => {
	const lead = head.slice(0, longestLead);
	const inDelimiters = delimited.exec(lead);
	const inCapitals = upper.exec(lead);
	if (inDelimiters && (!inCapitals || inDelimiters.index <= inCapitals.index)) {
		const {inside, before} = inDelimiters.groups!;
		return levels.get((inside ?? before)!.toLowerCase());
	}

	if (inCapitals) {
		const {name} = inCapitals.groups!;
		return name === undefined ? 'info' : levels.get(name.toLowerCase());
	}

	return undefined;
};

const byLetter = (head: string): Level | undefined => letters[klog.exec(head)?.groups!.letter ?? ''];

const byPriority = (head: string): Level | undefined => {
	const value = Number(priority.exec(head)?.groups!.value ?? NaN);
	return value < 192 ? severities[value % 8] : undefined;
};

const byRedisMark = (head: string): Level | undefined => redisMarks[redis.exec(head)?.groups!.mark ?? ''];

const byField = (head: string): Level | undefined => levels.get((field.exec(head)?.groups!.name ?? '').toLowerCase());

const byStatus = (head: string): Level | undefined => {
	const http = httpStatus.exec(head)?.groups;
	const status = http?.status ?? http?.bare ?? http?.gin;
	return status === undefined ? undefined : levelOfStatus(Number(status));
};

// The surest first.
const finders: ReadonlyArray<(head: string) => Level | undefined> = [
	byLetter,
	byPriority,
	byRedisMark,
	byField,
	byStatus,
	head => death.test(head) ? 'fatal' : undefined,
	levelOfWord,
	head => failure.test(head) ? 'error' : undefined,
];

/**
The level of a line: from a field of JSON or logfmt, the forms of klog, syslog and Redis, the status in an access log, or a word in the place of a level, such as `[error]`, `ERROR` and `warning:`. Undefined if the line has none. Only the beginning of a long line is looked at.
*/
export const levelOf = (text: string): Level | undefined => {
	if (text.startsWith('{')) {
		return levelOfJson(text);
	}

	const head = text.length > longestHead ? text.slice(0, longestHead) : text;
	for (const find of finders) {
		const level = find(head);
		if (level) {
			return level;
		}
	}

	return undefined;
};
