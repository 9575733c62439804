/* eslint-disable no-template-curly-in-string -- Dockerfiles, whose variables are theirs */
import test from 'ava';
import {
	pairsOf,
	parseDockerfile,
	splitWords,
	substitute,
} from '../../../source/backends/memory/build/dockerfile.js';

test('instructions over several lines and comments', t => {
	const read = parseDockerfile('# syntax=docker/dockerfile:1\n\nfrom alpine\r\nRUN one \\\n  # a comment within\n\n  && two\nENV A=b\\\n c=d\n');
	t.deepEqual(read.map(({name, text}) => [name, text.replaceAll(/\s+/gv, ' ')]), [
		['FROM', 'alpine'],
		['RUN', 'one && two'],
		['ENV', 'A=b c=d'],
	]);
});

test('what is no Dockerfile is refused', t => {
	t.throws(() => parseDockerfile('FROM a\nFOO bar\n'), {message: 'dockerfile parse error: unknown instruction: FOO'});
	t.throws(() => parseDockerfile('FROM a\n\nRUN\n'), {message: 'dockerfile parse error: RUN requires arguments'});
	t.throws(() => parseDockerfile('# nothing\n'), {message: /Dockerfile is empty/v});
	t.throws(() => parseDockerfile('FROM a\nRUN <<EOF\nx\nEOF\n'), {message: /RUN with a here-document/v});
});

test('words, variables and pairs', t => {
	t.deepEqual(splitWords(String.raw`a "b c" 'd e' f\ g "h\"i"`), ['a', 'b c', 'd e', 'f g', 'h"i']);
	t.is(substitute(String.raw`$A ${'${A}'} \$A $NONE.`, new Map([['A', '1']])), '1 1 $A .');
	t.throws(() => substitute('x${B:-two}', new Map()), {message: '${B:-two} is not in the demo'});
	const env = (text: string) => pairsOf('ENV', text);
	t.deepEqual(env('A=1 B="two words" C=\'3\''), [['A', '1'], ['B', 'two words'], ['C', '3']]);
	t.throws(() => env('KEY the rest of it'), {message: /: ENV has "KEY" in place of name=value/v});
});
