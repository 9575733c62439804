import {HolmError} from '../../engine/errors.js';
import type {PublishedPort} from '../../engine/resources.js';
import {startingHealth} from '../../rules/containers/health.js';
import {healthPlanOf} from '../../rules/containers/healthcheck.js';
import {takeAddresses} from '../../rules/networks/attachments.js';
import {listenedOn} from '../../engine/listening.js';
import {change} from './container-record.js';
import {endRun} from './end-container.js';
import {attachedIn, publishConnection} from './endpoints.js';
import {beginHealth} from './health.js';
import {makeUpMachine} from './machine.js';
import {hostOf, startInContainer} from './program-host.js';
import {waitForEnd} from './programs/services.js';
import {assertSubpaths} from './volumes.js';
import {
	publish,
	publishOf,
	type ContainerRecord,
	type Run,
	type State,
} from './state.js';

/** Dynamic ports (RFC 6335). */
const ephemeral = {first: 49_153, last: 65_535};

const everywhere = new Set(['0.0.0.0', '::']);

const isIpv6 = ({hostAddress}: PublishedPort) => hostAddress.includes(':');

const areInConflict = (one: PublishedPort, other: PublishedPort) =>
	one.protocol === other.protocol && one.hostPort === other.hostPort && isIpv6(one) === isIpv6(other)
	&& (one.hostAddress === other.hostAddress || everywhere.has(one.hostAddress) || everywhere.has(other.hostAddress));

/** The host ports of all running containers. */
const portsInUse = ({containers}: State): readonly PublishedPort[] =>
	containers.values().filter(({run}) => run !== undefined).flatMap(({container}) => container.ports).toArray();

/** Replaces host port 0 with a free port, and no address with all of both families. Throws `conflict` for a port that another container has. */
const allocatePorts = (state: State, wanted: readonly PublishedPort[]): readonly PublishedPort[] => {
	const taken = [...portsInUse(state)];
	return wanted.flatMap(port => {
		const {first, last} = port.hostPort === 0 ? ephemeral : {first: port.hostPort, last: port.hostPort};
		for (let hostPort = first; hostPort <= last; hostPort++) {
			const ports = listenedOn(port.hostAddress).map(hostAddress => ({...port, hostAddress, hostPort}));
			if (!ports.some(candidate => taken.some(other => areInConflict(other, candidate)))) {
				taken.push(...ports);
				return ports;
			}
		}

		const host = isIpv6(port) ? `[${port.hostAddress}]` : port.hostAddress || '0.0.0.0';
		throw new HolmError('conflict', `Bind for ${host}:${port.hostPort} failed: port is already allocated`, {remedy: 'publish another port, or stop what has this one'});
	});
};

/** Starts a stopped container. Throws, without changing anything, when a port is taken or the program is missing. */
export const startRecord = (state: State, record: ContainerRecord): void => {
	const {container} = record;
	const {configuration, process} = container;
	const host = hostOf(state, record);
	const program = host.findProgram(process.arguments[0]!, process.workingDirectory);
	if (record.files.find(process.workingDirectory)?.node.type !== 'directory') {
		throw new HolmError('invalid', `mkdir ${process.workingDirectory}: not a directory`, {remedy: 'choose another working directory'});
	}

	assertSubpaths(state, container.mounts);
	const attachments = takeAddresses(container, state.networks, attachedIn(state));
	const ports = allocatePorts(state, record.wantedPorts);
	const isSimulated = state.simulation?.speaksFor(container) ?? false;
	const startedAt = state.now();
	const {process: main, device} = startInContainer(record, {
		host,
		program: isSimulated ? waitForEnd : program.run,
		isFirst: !configuration.init,
		command: process.arguments,
		input: configuration.openStdin ? record.input : undefined,
		output: record.output,
		hasTerminal: configuration.terminal,
	});
	record.terminal = device;
	const run: Run = {
		main,
		startedAt,
		startAgain() {
			startRecord(state, record);
		},
		host,
	};
	record.run = run;
	record.isStopped = false;
	record.activeMs = 0;
	record.activeSince = startedAt;
	change(record, {
		status: {state: 'running', pid: state.random.integer(2000, 32_000), startedAt},
		ports,
		attachments,
		machine: makeUpMachine(configuration, state.random),
		...healthPlanOf(container.healthcheck) && {health: startingHealth(container.health)},
	});
	publishConnection(state, record, 'connect');
	for (const mount of container.mounts) {
		if (mount.type === 'volume') {
			publish(state, {type: 'volume', action: 'mount', id: mount.source, attributes: {
				container: container.id, destination: mount.target, driver: 'local', 'read/write': String(!mount.readOnly),
			}});
		}
	}

	publishOf(state, record, 'start');
	beginHealth(state, record);
	if (isSimulated) {
		state.simulation?.started(state, record);
	}

	void main.ended.then(exitCode => {
		if (record.run === run) {
			endRun(state, record, exitCode);
		}
	});
};
