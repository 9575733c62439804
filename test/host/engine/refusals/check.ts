import type {ExecutionContext} from 'ava';
import type {World} from '../world.js';

/** A command, its exit status, and a pattern of its error line. */
export type Refusal = readonly [command: readonly string[], status: number, reason: RegExp];

/** One line that names the reason and, in parentheses, the remedy. */
export const oneLine = /^Error: [^\n]+ \([^\n]+\)\n$/v;

/** Checks that each command fails with its exit status and one line, and that nothing is left behind. */
export const checkRefusals = async (t: ExecutionContext, world: World, refusals: readonly Refusal[]): Promise<void> => {
	const before = await world.traces();
	const problems: string[] = [];
	for (const [command, wanted, reason] of refusals) {
		const {status, stdout, stderr} = await world.run(command, {input: ''});
		// `inspect` prints an empty JSON list.
		const isQuiet = stdout === '' || (command.includes('inspect') && stdout === '[]\n');
		if (status !== wanted || !oneLine.test(stderr) || !reason.test(stderr) || !isQuiet) {
			problems.push(`holm ${command.join(' ')}: ${status} instead of ${wanted}, ${String(reason)}: ${stderr}${stdout}`);
		}
	}

	t.deepEqual(problems, []);
	t.deepEqual(await world.traces(), before, 'nothing is left behind');
};
