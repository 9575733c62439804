/** The role of a text; the theme gives each role a style. */
export type Role =
	| 'accent'
	| 'bad'
	| 'border'
	| 'currentMatch'
	| 'dim'
	| 'focusedBorder'
	| 'good'
	| 'heading'
	| 'key'
	| 'marked'
	| 'match'
	| 'selected'
	| 'selectedElsewhere'
	| 'text'
	| 'title'
	| 'warning';

export type ColourDepth = 'none' | '16' | '256';

export type Borders = Readonly<Record<'horizontal' | 'vertical' | 'topLeft' | 'topRight' | 'bottomLeft' | 'bottomRight', string>>;

export type Theme = {
	/** Text in the style of a role; the text must not contain styles itself. */
	readonly paint: (role: Role, text: string) => string;
	/** Text in one of several distinct colours, by number; for containers in merged logs. */
	readonly paintSource: (index: number, text: string) => string;
	readonly borders: Borders;
	/** Glyphs, all one column wide. */
	readonly glyphs: Readonly<Record<'mark' | 'on' | 'off' | 'ellipsis' | 'up' | 'down' | 'open' | 'closed' | 'full' | 'empty' | 'next', string>>;
	/** Bars from empty to full, one column each. */
	readonly sparks: readonly string[];
	readonly depth: ColourDepth;
};

export type ThemeOptions = {
	readonly name: 'dark' | 'light';
	readonly depth: ColourDepth;
	readonly ascii: boolean;
};

// SGR parameters (ECMA-48): without colours, with the terminal's 16 colours, and with 256 on a dark and on a light background.
const looks: Readonly<Record<Role, {readonly plain: string; readonly basic: string; readonly dark: string; readonly light: string}>> = {
	accent: {plain: '', basic: '36', dark: '38;5;80', light: '38;5;30'},
	bad: {plain: '1', basic: '31', dark: '38;5;203', light: '38;5;160'},
	border: {plain: '', basic: '90', dark: '38;5;240', light: '38;5;250'},
	currentMatch: {plain: '7;1', basic: '30;43;1', dark: '38;5;16;48;5;214', light: '38;5;16;48;5;214'},
	dim: {plain: '', basic: '90', dark: '38;5;245', light: '38;5;243'},
	focusedBorder: {plain: '1', basic: '36', dark: '38;5;80', light: '38;5;30'},
	good: {plain: '', basic: '32', dark: '38;5;114', light: '38;5;28'},
	heading: {plain: '4', basic: '1', dark: '1;38;5;250', light: '1;38;5;238'},
	key: {plain: '1', basic: '1', dark: '1;38;5;80', light: '1;38;5;30'},
	marked: {plain: '1', basic: '33', dark: '38;5;221', light: '38;5;130'},
	match: {plain: '7', basic: '30;46', dark: '38;5;16;48;5;80', light: '38;5;16;48;5;116'},
	selected: {plain: '7', basic: '7', dark: '38;5;255;48;5;24', light: '38;5;16;48;5;153'},
	selectedElsewhere: {plain: '4', basic: '4', dark: '38;5;252;48;5;237', light: '38;5;16;48;5;254'},
	text: {plain: '', basic: '', dark: '', light: ''},
	title: {plain: '1', basic: '1', dark: '1;38;5;255', light: '1;38;5;16'},
	warning: {plain: '1', basic: '33', dark: '38;5;221', light: '38;5;130'},
};

const sourceLooks = {
	none: ['', '1', '4'],
	16: ['36', '33', '35', '32', '34', '31'],
	256: ['38;5;80', '38;5;215', '38;5;141', '38;5;114', '38;5;75', '38;5;204', '38;5;186', '38;5;109'],
} as const;

const lineBorders: Borders = {horizontal: '─', vertical: '│', topLeft: '╭', topRight: '╮', bottomLeft: '╰', bottomRight: '╯'};
const asciiBorders: Borders = {horizontal: '-', vertical: '|', topLeft: '+', topRight: '+', bottomLeft: '+', bottomRight: '+'};

// Codes that end bold, underline and reverse video (ECMA-48, 8.3.117).
const ends: Readonly<Record<string, number>> = {1: 22, 4: 24, 7: 27};

const endOf = (code: string): number => ends[code] ?? (code.startsWith('4') ? 49 : 39);

/** The sequences that start and end a style: one per parameter, ended in reverse order. Ink normalizes to this form, and parses text that has it only once per frame. */
const sequencesOf = (parameters: string): {readonly on: string; readonly off: string} => {
	const codes = parameters.match(/[34]8;5;\d+|\d+/gv) ?? [];
	return {
		on: codes.map(code => `\u{1B}[${code}m`).join(''),
		off: codes.map(code => `\u{1B}[${endOf(code)}m`).toReversed().join(''),
	};
};

const painter = (parameters: string): ((text: string) => string) => {
	const {on, off} = sequencesOf(parameters);
	return text => text === '' ? text : on + text + off;
};

/** Creates the theme of a terminal. */
export const createTheme = ({name, depth, ascii}: ThemeOptions): Theme => {
	const column = {none: 'plain', 16: 'basic', 256: name} as const;
	const painters = Object.entries(looks).map(([role, look]) => [role, painter(look[column[depth]])] as const);
	const roles = Object.fromEntries(painters) as Readonly<Record<Role, (text: string) => string>>;
	const sources = sourceLooks[depth].map(look => painter(look));
	return {
		paint: (role, text) => roles[role](text),
		paintSource: (index, text) => sources[index % sources.length]!(text),
		borders: ascii ? asciiBorders : lineBorders,
		glyphs: ascii
			? {mark: '*', on: 'x', off: ' ', ellipsis: '~', up: '^', down: 'v', open: '-', closed: '+', full: '#', empty: '.', next: '>'}
			: {mark: '●', on: '✓', off: '·', ellipsis: '…', up: '▲', down: '▼', open: '▾', closed: '▸', full: '█', empty: '·', next: '›'},
		sparks: ascii ? ['_', '.', ':', '-', '=', '+', '*', '#'] : ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
		depth,
	};
};

type Environment = Readonly<Record<string, string | undefined>>;

/** The number of colours, from the environment alone: the dashboard also runs in terminals unknown to terminfo. */
export const colourDepthOf = ({NO_COLOR, TERM = '', COLORTERM = '', FORCE_COLOR}: Environment): ColourDepth => {
	if ((NO_COLOR !== undefined && NO_COLOR !== '') || FORCE_COLOR === '0' || TERM === 'dumb') {
		return 'none';
	}

	return COLORTERM !== '' || FORCE_COLOR === '2' || FORCE_COLOR === '3' || /256|direct|ghostty|kitty|alacritty|wezterm|foot|tmux/v.test(TERM) ? '256' : '16';
};

/** Whether the terminal gives erased columns the current background. screen does not, unless told; tmux has the same name in TERM. */
export const hasColouredErasure = ({TERM = '', TMUX}: Environment): boolean => TERM !== 'dumb' && (!TERM.startsWith('screen') || TMUX !== undefined);

/** ASCII for a terminal whose locale is not UTF-8. */
export const isAsciiOnly = ({LC_ALL, LC_CTYPE, LANG}: Environment): boolean => {
	const locale = [LC_ALL, LC_CTYPE, LANG].find(value => value !== undefined && value !== '');
	return locale !== undefined && !/utf-?8/iv.test(locale);
};

/** The background, from `COLORFGBG` (set by rxvt, Konsole and iTerm); default dark. */
export const backgroundOf = ({COLORFGBG = ''}: Environment): 'dark' | 'light' => {
	const ground = COLORFGBG.split(';').at(-1);
	return ground === '7' || ground === '15' ? 'light' : 'dark';
};
