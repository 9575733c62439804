import {whichEngine} from '../../../backends/hosts/which-engine.js';
import {createProgram} from '../../../backends/apple/program.js';
import {findProgram} from '../../../backends/apple/find-program.js';
import {checkRequirements, type Requirement} from '../../../backends/apple/requirements.js';
import {hasKernel, installKernel, kernelCommand, startService} from '../../../backends/apple/service.js';
import type {Transport} from '../../../backends/apple/transport.js';
import {isServing} from '../../../daemon/apple/owner.js';
import {openTransport} from '../../../daemon/apple/transport.js';
import {asHolmError, HolmError} from '../../../engine/errors.js';
import {escapeControls} from '../../../text/escape.js';
import {print, printError, type Context} from '../../command.js';
import {isAboutApple} from '../../own-engine.js';
import {ask} from '../../terminal/prompt.js';
import {pathsFor} from './daemon.js';

/** Runs an action with the host of Apple's container that the command is about. */
const onHost = async <Result>({host, environment}: Context, action: (transport: Transport) => Promise<Result>): Promise<Result> => {
	const choice = whichEngine(host, environment);
	const transport = await openTransport(choice.kind === 'apple' ? choice.target : undefined, environment);
	try {
		return await action(transport);
	} finally {
		transport.close();
	}
};

/** Whether the daemon of this host serves: nothing needs it, unless what is there is not the user's. */
const checkDaemon = async (context: Context): Promise<Requirement> => {
	const name = 'daemon';
	try {
		const paths = pathsFor(context);
		return {name, status: 'ok', found: await isServing(paths) ? `running, ${paths.socket}` : 'not running; holm system start keeps restarts, health checks and names'};
	} catch (error) {
		const {message, remedy} = asHolmError(error);
		return {name, status: 'missing', found: message, remedy};
	}
};

export const check = async (context: Context): Promise<readonly Requirement[]> => [
	...await onHost(context, checkRequirements),
	...isAboutApple(context) ? [await checkDaemon(context)] : [],
];

/** What a setup provides. */
const provided = new Set(['service', 'kernel']);

/** Whether the user wants it. Throws `invalid` where nobody can be asked. */
const isWanted = async (context: Context, question: string, isAnswered: boolean): Promise<boolean> => {
	if (isAnswered) {
		return true;
	}

	if (context.stdin.isTTY !== true) {
		throw new HolmError('invalid', `setup would ask: ${question} There is no terminal to ask on`, {remedy: 'holm setup --yes agrees'});
	}

	const answer = await ask(context, `${question} [Y/n] `);
	return /^(?:y(?:es)?)?$/iv.test(answer.trim());
};

const setUpOn = async (context: Context, transport: Transport, isAnswered: boolean): Promise<number> => {
	const {name: where} = transport;
	const requirements = await checkRequirements(transport);
	const missing = requirements.filter(({name, status}) => status === 'missing' && !provided.has(name));
	if (missing.length > 0) {
		throw new HolmError('unavailable', missing.map(({name, found}) => `${name}: ${found}`).join('; '), {
			remedy: missing.flatMap(({remedy}) => remedy ?? []).join('; '),
		});
	}

	for (const {name, found, remedy} of requirements.filter(({status}) => status === 'warning')) {
		printError(context, escapeControls(`warning, ${name}: ${found}${remedy === undefined ? '' : ` (${remedy})`}`));
	}

	const program = createProgram(transport, await findProgram(transport));
	print(context, escapeControls(`Apple's container ${program.version} is at ${program.path} on ${where}.`));
	let isComplete = true;
	if (requirements.every(({name, status}) => name !== 'service' || status === 'ok')) {
		print(context, 'Its service is running.');
	} else if (await isWanted(context, `Start the service of Apple's container on ${where}?`, isAnswered)) {
		await startService(program);
		print(context, 'Its service is started: container system start');
	} else {
		print(context, 'Its service is not running, and was not started.');
		isComplete = false;
	}

	if (await hasKernel(program)) {
		print(context, 'The kernel of its containers is installed.');
	} else if (isComplete && await isWanted(context, `Download and install the kernel that Apple recommends on ${where}?`, isAnswered)) {
		let last = '';
		await installKernel(program, line => {
			if (line !== last) {
				last = line;
				printError(context, `kernel: ${line}`);
			}
		});
		print(context, `The kernel of its containers is installed: container ${kernelCommand.join(' ')}`);
	} else {
		print(context, 'The kernel of its containers is not installed, and no container can start.');
		isComplete = false;
	}

	return isComplete ? 0 : 1;
};

/** Starts Apple's service and installs the recommended kernel, each after a question; resolves with the exit status. */
export const setUp = async (context: Context, {yes}: {readonly yes: boolean}): Promise<number> =>
	onHost(context, async transport => setUpOn(context, transport, yes));
