/*
A style is text: its SGR parameters in a fixed order, separated by semicolons; empty for the default style (ECMA-48, 8.3.117).
*/

type Slot = 'bold' | 'faint' | 'italic' | 'underline' | 'inverse' | 'strike' | 'overline' | 'foreground' | 'background';

const slots: readonly Slot[] = ['bold', 'faint', 'italic', 'underline', 'inverse', 'strike', 'overline', 'foreground', 'background'];

const simpleOnes: Readonly<Record<string, Slot>> = {1: 'bold', 2: 'faint', 3: 'italic', 4: 'underline', 21: 'underline', 7: 'inverse', 9: 'strike', 53: 'overline'};

const ends: Readonly<Record<string, readonly Slot[]>> = {
	22: ['bold', 'faint'], 23: ['italic'], 24: ['underline'], 27: ['inverse'], 29: ['strike'], 55: ['overline'], 39: ['foreground'], 49: ['background'],
};

const endOf: Readonly<Record<Slot, string>> = {
	bold: '22', faint: '22', italic: '23', underline: '24', inverse: '27', strike: '29', overline: '55', foreground: '39', background: '49',
};

type Parts = Partial<Record<Slot, string>>;

const slotOf = (code: string): Slot | undefined => {
	const number = Number(code);
	if ((number >= 30 && number <= 37) || (number >= 90 && number <= 97)) {
		return 'foreground';
	}

	return (number >= 40 && number <= 47) || (number >= 100 && number <= 107) ? 'background' : simpleOnes[number];
};

/** The parameters one after the other, those of an extended colour together. */
const codesOf = (parameters: string): readonly string[] => parameters.match(/[34]8[:;]5[:;]\d+|[34]8[:;]2(?:[:;]\d*){3}|\d+/gv) ?? ['0'];

const partsOf = (style: string): Parts => {
	const parts: Parts = {};
	for (const code of style === '' ? [] : codesOf(style)) {
		const slot = /^[34]8\D/v.test(code) ? (code.startsWith('3') ? 'foreground' : 'background') : slotOf(code);
		if (slot) {
			parts[slot] = code;
		}
	}

	return parts;
};

const join = (parts: Parts): string => slots.flatMap(slot => parts[slot] ?? []).join(';');

/** Results by argument; bounded, since the output of containers may have any colour. */
const remembered = (compute: (before: string, after: string) => string): ((before: string, after: string) => string) => {
	const known = new Map<string, string>();
	return (before, after) => {
		const key = `${before} ${after}`;
		let result = known.get(key);
		if (result === undefined) {
			result = compute(before, after);
			if (known.size >= 2000) {
				known.clear();
			}

			known.set(key, result);
		}

		return result;
	};
};

/** The style after an SGR sequence with these parameters. Blinking and concealed text, and what few terminals know, have none. */
export const styleAfter = remembered((style, parameters) => {
	let parts = partsOf(style);
	for (const code of codesOf(parameters)) {
		const ended = ends[code] ?? [];
		parts = /^0*$/v.test(code) ? {} : {...parts, ...partsOf(code), ...Object.fromEntries(ended.map(slot => [slot, undefined]))};
	}

	return join(parts);
});

/** The shortest sequence from one style to another. */
export const changeStyle = remembered((before, after) => {
	if (before === after) {
		return '';
	}

	if (after === '') {
		return '\u{1B}[m';
	}

	const [from, to] = [partsOf(before), partsOf(after)];
	const gone = slots.filter(slot => from[slot] !== undefined && to[slot] === undefined);
	const off = new Set(gone.map(slot => endOf[slot]));
	const on = slots.filter(slot => to[slot] !== undefined && (to[slot] !== from[slot] || off.has(endOf[slot])));
	const steps = `\u{1B}[${[...off, ...on.map(slot => to[slot])].join(';')}m`;
	const whole = `\u{1B}[0;${after}m`;
	return steps.length < whole.length ? steps : whole;
});

/** Whether a space in this style shows nothing but its background. */
export const isPlainSpace = (style: string): boolean => !/(?:^|;)(?:[479]|21|53)(?:;|$)/v.test(style.replaceAll(/[34]8;(?:5;\d+|2;\d*;\d*;\d*)/gv, ''));
