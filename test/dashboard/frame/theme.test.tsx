import test from 'ava';
import {renderToString, Text} from 'ink';
import {createTheme, type Role} from '../../../source/dashboard/frame/theme.js';

const roles: Readonly<Record<Role, true>> = {
	accent: true,
	bad: true,
	border: true,
	currentMatch: true,
	dim: true,
	focusedBorder: true,
	good: true,
	heading: true,
	key: true,
	marked: true,
	match: true,
	selected: true,
	selectedElsewhere: true,
	text: true,
	title: true,
	warning: true,
};

for (const [name, depth] of [['dark', 'none'], ['dark', '16'], ['dark', '256'], ['light', '256']] as const) {
	test(`text painted with ${depth} colours on a ${name} background is what Ink writes`, t => {
		const {paint, paintSource} = createTheme({name, depth, ascii: false});
		const painted = [...Object.keys(roles).map(role => paint(role as Role, role)), ...Array.from({length: 8}, (_, index) => paintSource(index, 'source'))];
		for (const text of painted) {
			t.is(renderToString(<Text>{text}</Text>), text);
		}

		t.is(paint('selected', ''), '');
	});
}
