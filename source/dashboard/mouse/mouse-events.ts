/** A mouse event; columns and rows count from 0. */
export type MouseEvent = {readonly type: 'click' | 'wheelUp' | 'wheelDown'; readonly column: number; readonly row: number};

// Report button presses (1000) with unlimited coordinates (1006). Terminals ignore modes they do not know.
export const mouseOn = '\u{1B}[?1000h\u{1B}[?1006h';
export const mouseOff = '\u{1B}[?1006l\u{1B}[?1000l';

// eslint-disable-next-line no-control-regex, regexp/no-control-character -- it starts with one
const report = /\u{1B}\[<(?<button>\d{1,3});(?<column>\d{1,5});(?<row>\d{1,5})(?<end>m)/giv;
// eslint-disable-next-line no-control-regex, regexp/no-control-character -- it starts with one
const unfinished = /\u{1B}(?:\[(?:<[\d;]{0,16})?)?$/v;

/** Finds mouse reports in terminal input, also if split over chunks. Source: XTerm Control Sequences, Mouse Tracking. */
export const createMouseReader = (onEvent: (event: MouseEvent) => void): ((chunk: string) => void) => {
	let rest = '';
	return chunk => {
		const text = rest + chunk;
		rest = unfinished.exec(text)?.[0] ?? '';
		for (const {groups} of text.matchAll(report)) {
			const {button, column, row, end} = groups!;
			// Ignores the bits of Shift, Meta and Control.
			const type = end === 'M' ? ({0: 'click', 64: 'wheelUp', 65: 'wheelDown'} as const)[Number(button) & ~0b1_1100] : undefined;
			if (type) {
				onEvent({type, column: Number(column) - 1, row: Number(row) - 1});
			}
		}
	};
};

type Readable = {readonly read: (size?: number) => unknown};

/** The same stream, with mouse reports passed to `onEvent` as Ink reads them. Ink itself ignores them. */
export const withMouse = <Stream extends Readable>(stream: Stream, onEvent: (event: MouseEvent) => void): Stream => {
	const listen = createMouseReader(onEvent);
	return new Proxy(stream, {
		get(target, name) {
			const value: unknown = Reflect.get(target, name);
			if (name === 'read') {
				return (size?: number) => {
					const chunk = target.read(size);
					// Ink reads strings.
					if (typeof chunk === 'string') {
						listen(chunk);
					}

					return chunk;
				};
			}

			return typeof value === 'function' ? value.bind(target) as unknown : value;
		},
	});
};
