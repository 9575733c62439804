import type {DOMElement} from 'ink';
import {widthOf} from '../../text/width.js';
import type {PlacedText, Size} from './row.js';

/*
Reads what Ink has laid out: its tree of boxes and texts, with their places from Yoga. Knows what the dashboard uses of Ink: borders of characters given one by one, hidden overflow, absolute places, styles within texts.
*/

type Clip = {readonly left: number; readonly right: number; readonly top: number; readonly bottom: number};

const squash = (node: DOMElement): string => {
	let text = '';
	for (const child of node.childNodes) {
		if (child.nodeName === '#text') {
			text += child.nodeValue;
		} else if (!child.isHidden) {
			const inner = squash(child);
			text += child.internal_transform && inner !== '' ? child.internal_transform(inner, 0) : inner;
		}
	}

	return text;
};

// eslint-disable-next-line no-control-regex, regexp/no-control-character -- it begins with one
const sequences = /\u{1B}\[[\d:;]*m/gv;

/** The texts of each row in the order in which they are drawn, later ones above earlier ones. */
export const placedTexts = (root: DOMElement, {columns, rows}: Size): ReadonlyArray<readonly PlacedText[]> => {
	const placed: PlacedText[][] = Array.from({length: rows}, () => []);
	const add = (x: number, y: number, text: string, {left, right, top, bottom}: Clip) => {
		if (text !== '' && y >= top && y < bottom && left < right) {
			placed[y]!.push({x, text, from: left, to: right});
		}
	};

	const drawText = (node: DOMElement, x: number, y: number, clip: Clip) => {
		const text = squash(node);
		const width = node.yogaNode!.getComputedWidth();
		let row = y;
		let style = '';
		for (const line of text.split('\n')) {
			const painted = style + (node.internal_transform ? node.internal_transform(line, row - y) : line);
			style += text.length === line.length ? '' : line.match(sequences)?.join('') ?? '';
			const parent = node.parentNode;
			// The column of a list has a width of its own.
			const room = parent?.style.flexDirection === 'column' ? Math.max(width, parent.yogaNode?.getComputedWidth() ?? 0) : width;
			const columnsOfLine = widthOf(line);
			if (columnsOfLine <= room) {
				add(x, row, painted, clip);
				row++;
			} else if (node.style.textWrap?.startsWith('truncate')) {
				const end = Math.max(x, x + room - 1);
				add(x, row, painted, {...clip, right: Math.min(clip.right, end)});
				add(end, row, '…', clip);
				row++;
			} else {
				for (let shown = 0; shown < columnsOfLine; shown += Math.max(room, 1)) {
					add(x - shown, row, painted, {...clip, left: Math.max(clip.left, x), right: Math.min(clip.right, x + room)});
					row++;
				}
			}
		}
	};

	const drawBorder = ({style: {borderStyle}, yogaNode}: DOMElement, x: number, y: number, clip: Clip) => {
		if (!borderStyle) {
			return;
		}

		if (typeof borderStyle === 'string') {
			throw new TypeError(`the border ${borderStyle} is Ink's; use a Panel`);
		}

		const [width, height] = [yogaNode!.getComputedWidth(), yogaNode!.getComputedHeight()];
		const inside = Math.max(0, width - 2);
		add(x, y, borderStyle.topLeft + borderStyle.top.repeat(inside) + borderStyle.topRight, clip);
		for (let row = y + 1; row < y + height - 1; row++) {
			add(x, row, borderStyle.left, clip);
			add(x + width - 1, row, borderStyle.right, clip);
		}

		add(x, y + height - 1, borderStyle.bottomLeft + borderStyle.bottom.repeat(inside) + borderStyle.bottomRight, clip);
	};

	const draw = (node: DOMElement, left: number, top: number, clip: Clip) => {
		const {yogaNode, style} = node;
		if (!yogaNode || node.isHidden || style.display === 'none') {
			return;
		}

		const x = left + yogaNode.getComputedLeft();
		const y = top + yogaNode.getComputedTop();
		if (node.nodeName === 'ink-text') {
			drawText(node, x, y, clip);
			return;
		}

		drawBorder(node, x, y, clip);
		const isHorizontal = (style.overflowX ?? style.overflow) === 'hidden';
		const isVertical = (style.overflowY ?? style.overflow) === 'hidden';
		const inner = isHorizontal || isVertical ? {
			left: isHorizontal ? Math.max(clip.left, x) : clip.left,
			right: isHorizontal ? Math.min(clip.right, x + yogaNode.getComputedWidth()) : clip.right,
			top: isVertical ? Math.max(clip.top, y) : clip.top,
			bottom: isVertical ? Math.min(clip.bottom, y + yogaNode.getComputedHeight()) : clip.bottom,
		} : clip;
		for (const child of node.childNodes) {
			if (child.nodeName !== '#text') {
				draw(child, x, y, inner);
			}
		}
	};

	draw(root, 0, 0, {left: 0, right: columns, top: 0, bottom: rows});
	return placed;
};
