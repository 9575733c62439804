import test, {type ExecutionContext} from 'ava';
import {command} from '../../source/commands/system/setup.js';
import {startStandIn} from '../backends/apple/stand-in/server.js';
import {createContext} from './helpers/context.js';
import {runCommand} from './helpers/run-command.js';

/** Runs the setup where Apple's service does not run and has no kernel, for a user who answers. */
const setUp = async (t: ExecutionContext, answers: readonly string[]) => {
	const standIn = await startStandIn({isServing: false, hasKernel: false});
	t.teardown(standIn.close);
	const context = createContext({host: 'apple', environment: standIn.environment});
	context.stdin.isTTY = true;
	let asked = 0;
	// Each question gets the next answer.
	const write = context.stderr.write.bind(context.stderr);
	context.stderr.write = ((text: string) => {
		if (text.endsWith('[Y/n] ')) {
			const answer = answers[asked++];
			setImmediate(() => {
				context.stdin.write(`${answer}\n`);
			});
		}

		return write(text);
	}) as typeof context.stderr.write;
	const status = await runCommand(command, [], context);
	t.is(asked, answers.length);
	return {status, output: context.output(), isServing: standIn.world.isServing};
};

test('setup on Apple\'s container asks before each step', async t => {
	const {status, output, isServing} = await setUp(t, ['', 'yes']);
	t.deepEqual([status, isServing], [0, true]);
	t.regex(output, /started: container system start\n.*installed: container system kernel set --recommended\n$/v);
});

test('what the user does not want is not done', async t => {
	const refused = await setUp(t, ['n']);
	t.deepEqual([refused.status, refused.isServing], [1, false]);
	t.regex(refused.output, /was not started\.\n.*no container can start\.\n$/v);
	const partly = await setUp(t, ['y', 'no']);
	t.deepEqual([partly.status, partly.isServing], [1, true]);
	t.regex(partly.output, /started: container system start\nThe kernel of its containers is not installed/v);
});
