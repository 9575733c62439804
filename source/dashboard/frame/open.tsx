import {render} from 'ink';
import type {Input, Output} from '../../terminal/streams.js';
import type {Engine} from '../../engine/engine.js';
import {readConfiguration, type DashboardConfiguration} from '../state/config.js';
import {createController, type Engines} from '../work/controller.js';
import {startSubscriptions} from '../work/subscriptions.js';
import {configuredKeyMaps, keyConflicts} from '../keys/key-maps.js';
import {knownEngines, ownHost, targetOf, type EngineTarget} from '../state/known-engines.js';
import {createLogs} from '../logs/follow.js';
import {handleMouse} from '../mouse/handle-mouse.js';
import {withMouse} from '../mouse/mouse-events.js';
import {readOnly as refuseChanges} from '../work/read-only.js';
import {createJoin} from '../work/session.js';
import {createSpeaker} from '../spoken/speaker.js';
import {SpokenApp} from '../spoken/spoken-app.js';
import {openScreen, type OpenScreen} from '../screen/open-screen.js';
import {createStore} from '../state/store.js';
import {App, type InkHandles} from './app.js';
import {askBackground} from './ask-background.js';
import {createTerminal} from './terminal.js';
import {colourDepthOf, createTheme, backgroundOf, hasColouredErasure, isAsciiOnly} from './theme.js';

export type DashboardOptions = {
	/** Opens a new connection; called again after a lost one. Calls `report` with each slow step. */
	readonly connect: (report: (step: string) => void, target: EngineTarget) => Promise<Engine>;
	/** The first engine; default this host's own. */
	readonly target?: EngineTarget;
	/** State directory of this host's own engine; default the standard one. */
	readonly root?: string;
	readonly stdin: Input;
	readonly stdout: Output;
	readonly stderr: Output;
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly workingDirectory: string;
	/** Milliseconds since the epoch. */
	readonly now: () => number;
	/** Refuses every change; default false. */
	readonly readOnly?: boolean;
	/** Prints changes as lines for a screen reader instead of drawing a screen; default as in INK_SCREEN_READER or the configuration. */
	readonly screenReader?: boolean;
};

// Milliseconds; dragging a window resizes it many times.
const resizeDelay = 40;

const signals = {SIGTERM: 15, SIGHUP: 1, SIGINT: 2} as const;

/** A notice about keys with two actions; empty if there are none. */
const conflictNotice = ({keys}: DashboardConfiguration): string => {
	const [conflict, ...others] = keyConflicts(keys);
	return conflict === undefined ? '' : `Configuration: ${conflict}${others.length === 0 ? '' : ` (and ${others.length} more: holm doctor)`}`;
};

/** Runs the dashboard in the terminal until it quits and resolves with the exit status. Always restores the terminal. Rejects if the configuration is invalid. */
export const openDashboard = async (options: DashboardOptions): Promise<number> => {
	const {connect, stdin, stdout, stderr, environment, workingDirectory, now, root, readOnly = false, screenReader = false} = options;
	const first = options.target ?? targetOf(ownHost, root);
	const configuration = await readConfiguration(environment);
	const isSpoken = [screenReader, environment.INK_SCREEN_READER === 'true', configuration.screenReader].includes(true);
	const depth = isSpoken ? 'none' : colourDepthOf(environment);
	// Only the themes of 256 colours differ.
	const isWanted = depth === '256' && configuration.theme === undefined;
	const {background, input} = await askBackground({stdin, stdout, environment, isWanted});
	const theme = createTheme({
		name: configuration.theme ?? background ?? backgroundOf(environment),
		depth,
		ascii: isSpoken || (configuration.ascii ?? isAsciiOnly(environment)),
	});
	const connectTo: Engines['connect'] = async (target, report) => {
		const engine = await connect(report, target);
		return readOnly ? refuseChanges(engine) : engine;
	};

	const store = createStore({
		connect: async report => connectTo(first, report),
		target: first,
		interval: configuration.refreshInterval,
		now,
	});
	const logs = createLogs(configuration.logLines);
	let handles: InkHandles | undefined;
	const redraw = () => {
		if (speaker) {
			speaker.sayAll();
			return;
		}

		screen?.redraw();
	};

	const hasMouse = configuration.mouse === true && !isSpoken;
	const terminal = createTerminal({
		stdin,
		stdout,
		environment,
		ink: () => handles,
		redraw,
		hasMouse,
		onLeave() {
			store.pause();
			screen?.leave();
		},
		onReturn() {
			screen?.enter();
			store.resume();
		},
	});
	const controller = createController({
		store,
		logs,
		terminal,
		keyMaps: configuredKeyMaps(configuration.keys),
		configuration,
		theme,
		isReadOnly: readOnly,
		isSpoken,
		now,
		workingDirectory,
		joinSession: createJoin({stdin: input, stdout, stderr}),
		engines: {
			list: async () => knownEngines({first, root, hosts: configuration.hosts, environment}),
			connect: connectTo,
		},
	});
	controller.notify(conflictNotice(configuration));
	const stopSubscriptions = startSubscriptions(controller);
	const onReady = (given: InkHandles) => {
		handles = given;
	};

	const speaker = isSpoken ? createSpeaker(controller) : undefined;
	const keys = hasMouse
		? withMouse(input, event => {
			handleMouse(controller, event);
		})
		: input;
	const screen: OpenScreen | undefined = speaker ? undefined : openScreen(<App {...{controller, onReady}}/>, {
		stdin: keys,
		stdout,
		stderr,
		// Over SSH each frame costs packets. Locally a low rate would delay the answer to a key.
		maxFps: environment.SSH_CONNECTION ? 20 : 500,
		hasColouredErasure: hasColouredErasure(environment),
	});
	const spoken = speaker && render(<SpokenApp {...{controller, speaker, onReady}}/>, {
		stdin: input, stdout, stderr, isScreenReaderEnabled: true, exitOnCtrlC: false, patchConsole: false, interactive: true,
	});
	const waitUntilExit = async () => (screen ?? spoken!).waitUntilExit();
	const close = () => {
		screen?.close();
		spoken?.unmount();
	};

	terminal.setMouse(true);
	let resizing: NodeJS.Timeout | undefined;
	const onResize = () => {
		clearTimeout(resizing);
		resizing = setTimeout(() => {
			screen?.resize();
		}, resizeDelay);
	};

	if (screen) {
		stdout.on('resize', onResize);
	}

	let status = 0;
	const {promise: crashed, reject: crash} = Promise.withResolvers<never>();
	const onCrash = (error: unknown) => {
		close();
		crash(error);
	};

	const onSignal = (signal: NodeJS.Signals) => {
		// Ctrl-C is for the program that has the terminal.
		if (signal === 'SIGINT' && terminal.isAway()) {
			return;
		}

		status = 128 + signals[signal as keyof typeof signals];
		close();
	};

	for (const signal of Object.keys(signals)) {
		process.on(signal, onSignal);
	}

	process.on('SIGTSTP', terminal.onStopSignal);
	process.on('uncaughtException', onCrash);
	process.on('unhandledRejection', onCrash);
	try {
		await Promise.race([waitUntilExit(), crashed]);
		return status;
	} finally {
		terminal.setMouse(false);
		close();
		speaker?.stop();
		stopSubscriptions();
		store.close();
		clearTimeout(resizing);
		stdout.off('resize', onResize);
		for (const signal of Object.keys(signals)) {
			process.off(signal, onSignal);
		}

		process.off('SIGTSTP', terminal.onStopSignal);
		process.off('uncaughtException', onCrash);
		process.off('unhandledRejection', onCrash);
	}
};
