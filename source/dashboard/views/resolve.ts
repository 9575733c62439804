import {Buffer} from 'node:buffer';
import {lookup} from 'node:dns/promises';
import type {Engine} from '../../engine/engine.js';
import {asHolmError, messageOf} from '../../engine/errors.js';
import type {Container} from '../../engine/resources.js';
import type {Data, View, Work} from '../work/controller.js';
import {clean} from '../../text/fit.js';

const longestAnswer = 16 * 1024;
const patience = 10_000;

type Output = {readonly text: string; readonly exitCode?: number};

/** Runs a command in a container; returns both output streams together, up to `longestAnswer` bytes. */
const runCommand = async (engine: Engine, container: string, command: readonly string[]): Promise<Output> => {
	const id = await engine.createExec(container, {command, terminal: false, stdin: false, environment: [], privileged: false});
	const session = await engine.startExec(id);
	const chunks: Uint8Array[] = [];
	let bytes = 0;
	const timer = setTimeout(session.close, patience);
	const read = async (stream: AsyncIterable<Uint8Array>) => {
		for await (const chunk of stream) {
			bytes += chunk.length;
			if (bytes <= longestAnswer) {
				chunks.push(chunk);
			}
		}
	};

	try {
		await Promise.all([read(session.stdout), read(session.stderr)]);
	} finally {
		clearTimeout(timer);
		session.close();
	}

	return {text: Buffer.concat(chunks).toString(), exitCode: (await engine.exec(id)).exitCode};
};

/** Resolves a name inside a container, with the first tool that it has. */
const fromContainer = async (engine: Engine, {id, name}: Container, host: string): Promise<readonly string[]> => {
	const ask = [['getent', 'ahostsv4', host], ['nslookup', host]] as const;
	const lines: string[] = [];
	for (const command of ask) {
		try {
			const {text, exitCode} = await runCommand(engine, id, command);
			if (exitCode === 126 || exitCode === 127) {
				continue;
			}

			lines.push(...text.split('\n').map(line => clean(line.trimEnd().replaceAll(/\t+/gv, ' '))).filter(line => line !== ''), ...(exitCode === 0 ? [] : [`${command[0]} exited with ${exitCode ?? 'no status'}`]));
			break;
		} catch (error) {
			if (!['command-not-found', 'not-executable'].includes(asHolmError(error).code)) {
				lines.push(clean(messageOf(error)));
				break;
			}
		}
	}

	return [`From ${clean(name)}:`, ...(lines.length === 0 ? ['it has neither getent nor nslookup'] : lines).map(line => `  ${line}`)];
};

const fromHost = async (host: string): Promise<readonly string[]> => {
	try {
		const addresses = await lookup(host, {all: true});
		return ['From the host:', ...addresses.map(({address}) => `  ${address}`)];
	} catch (error) {
		const {code} = error as NodeJS.ErrnoException;
		return ['From the host:', code === 'ENOTFOUND' ? '  no such name' : `  ${clean(messageOf(error))}`];
	}
};

// A host name that no command takes for an option.
const hostName = /^\w[\w\-.]{0,252}$/v;

/** Asks for a name, resolves it on the host and in running containers, and opens a report. */
export const askName = (controller: View & Work, containers: readonly Container[], value: string) => {
	const running = containers.filter(({status: {state}}) => state === 'running');
	controller.ask({
		title: `Resolve from the host${running.length === 0 ? '' : ` and ${running.map(({name}) => clean(name)).join(', ')}`}`,
		value,
		submit(typed) {
			const host = typed.trim();
			if (!hostName.test(host)) {
				controller.notify('Not a host name');
				return;
			}

			void controller.work(`Resolving ${host}`, async (engine, {signal}) => {
				const answers = await Promise.all([fromHost(host), ...running.map(async container => fromContainer(engine, container, host))]);
				const known = (controller.getState().records ?? []).filter(({record}) => record.name === host.toLowerCase());
				if (!signal.aborted) {
					controller.open({
						type: 'report',
						title: `Addresses of ${host}`,
						lines: [...answers.flat(), ...(known.length === 0 ? [] : ['Records:', ...known.map(({network, record}) => `  ${clean(network)}: ${record.type} ${clean(record.value)}`)])],
						top: 0,
					});
				}
			});
		},
	});
};

// Of a network; more answers would not fit the report.
const mostAsked = 4;

/** The same, in running containers of a network. */
export const askNameOn = (controller: View & Work & Data, networkId: string | undefined, value: string) => {
	const {containers = []} = controller.store.getState().snapshot ?? {};
	const running = containers.filter(({attachments, status}) => status.state === 'running' && attachments.some(attachment => attachment.networkId === networkId));
	askName(controller, running.slice(0, mostAsked), value);
};
