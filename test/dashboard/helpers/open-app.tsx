import {EventEmitter} from 'node:events';
import {stripVTControlCharacters} from 'node:util';
import {setTimeout as delay} from 'node:timers/promises';
import {render} from 'ink';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {App} from '../../../source/dashboard/frame/app.js';
import {defaultConfiguration} from '../../../source/dashboard/state/config.js';
import {createController, type JoinSession} from '../../../source/dashboard/work/controller.js';
import {startSubscriptions} from '../../../source/dashboard/work/subscriptions.js';
import {configuredKeyMaps} from '../../../source/dashboard/keys/key-maps.js';
import {targetOf} from '../../../source/dashboard/state/known-engines.js';
import {createLogs} from '../../../source/dashboard/logs/follow.js';
import {handleMouse} from '../../../source/dashboard/mouse/handle-mouse.js';
import {withMouse} from '../../../source/dashboard/mouse/mouse-events.js';
import {readOnly} from '../../../source/dashboard/work/read-only.js';
import {createSpeaker} from '../../../source/dashboard/spoken/speaker.js';
import {SpokenApp} from '../../../source/dashboard/spoken/spoken-app.js';
import {createStore} from '../../../source/dashboard/state/store.js';
import {createTheme, type ThemeOptions} from '../../../source/dashboard/frame/theme.js';
import type {Engine} from '../../../source/engine/engine.js';

/** A fake terminal for Ink; in debug mode Ink writes every frame whole. */
const createScreen = (columns: number, rows: number) => {
	const screen = Object.assign(new EventEmitter(), { // eslint-disable-line unicorn/prefer-event-target -- as streams are
		isTTY: true,
		writable: true,
		columns,
		rows,
		frame: '',
		write(data: string, done?: () => void): boolean {
			screen.frame = data === '' ? screen.frame : data;
			done?.();
			return true;
		},
	});
	return screen;
};

const createKeyboard = () => {
	const held: string[] = [];
	const nothing = () => {};
	const keyboard = Object.assign(new EventEmitter(), { // eslint-disable-line unicorn/prefer-event-target -- as streams are
		isTTY: true,
		type(text: string) {
			held.push(text);
			keyboard.emit('readable');
		},
		read: () => held.shift() ?? null,
		setEncoding: nothing,
		setRawMode: nothing,
		ref: nothing,
		unref: nothing,
	});
	return keyboard;
};

export type OpenOptions = {
	readonly columns?: number;
	readonly rows?: number;
	readonly engine?: Engine;
	readonly connect?: () => Promise<Engine>;
	readonly isReadOnly?: boolean;
	readonly theme?: Partial<ThemeOptions>;
	readonly joinSession?: JoinSession;
	/** Engines to switch to, by name. */
	readonly engines?: Readonly<Record<string, () => Promise<Engine>>>;
	/** As in the configuration. */
	readonly mouse?: boolean;
	/** For a screen reader. */
	readonly isSpoken?: boolean;
	readonly keys?: Readonly<Record<string, readonly string[]>>;
};

const patience = 15_000;

/** Opens the dashboard without a real terminal. */
export const openApp = async ({columns = 120, rows = 36, engine: given, connect, isReadOnly = false, theme = {}, joinSession = async () => 'left', keys = {}, engines = {}, isSpoken = false, mouse = false}: OpenOptions = {}) => {
	const own = given ? undefined : createMemoryEngine();
	const engine = given ?? own!;
	const screen = createScreen(columns, rows);
	const keyboard = createKeyboard();
	const copied: string[] = [];
	let quits = 0;
	const store = createStore({connect: connect ?? (async () => isReadOnly ? readOnly(engine) : engine), interval: 60_000, target: {title: 'first', host: 'own'}});
	const logs = createLogs(1000);
	const controller = createController({
		store,
		logs,
		keyMaps: configuredKeyMaps(keys),
		configuration: defaultConfiguration,
		theme: createTheme({name: 'dark', depth: 'none', ascii: false, ...theme}),
		isReadOnly,
		isSpoken,
		now: Date.now,
		workingDirectory: '/nowhere',
		joinSession,
		engines: {
			list: async () => [{title: 'first', host: 'own'}, ...Object.keys(engines).map(name => targetOf(name))],
			async connect({host}) {
				const connectTo = engines[host];
				return connectTo ? connectTo() : engine;
			},
		},
		terminal: {
			size: () => ({columns: screen.columns, rows: screen.rows}),
			handOver: async work => work(),
			copy(text) {
				copied.push(text);
			},
			redraw() {
				speaker?.sayAll();
			},
			async suspend() {},
			quit() {
				quits++;
			},
		},
	});
	const stop = startSubscriptions(controller);
	const speaker = isSpoken ? createSpeaker(controller) : undefined;
	const onReady = () => {};
	const instance = render(speaker ? <SpokenApp {...{controller, speaker, onReady}}/> : <App {...{controller, onReady}}/>, {
		isScreenReaderEnabled: isSpoken,
		stdout: screen as never, stdin: (mouse
			? withMouse(keyboard, event => {
				handleMouse(controller, event);
			})
			: keyboard) as never, debug: true, patchConsole: false, exitOnCtrlC: false, interactive: true,
	});

	const lines = () => stripVTControlCharacters(screen.frame).split('\n');

	/** Waits for a text on the screen. */
	const shows = async (wanted: RegExp | string): Promise<string> => {
		const end = Date.now() + patience;
		for (;;) {
			const text = lines().join('\n');
			if (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)) {
				return text;
			}

			if (Date.now() > end) {
				throw new Error(`the screen does not show ${String(wanted)}:\n${text}`);
			}

			await delay(10);
		}
	};

	return {
		engine,
		store,
		logs,
		controller,
		screen,
		copied,
		/** How often the dashboard wanted to end. */
		quits: () => quits,
		lines,
		shows,
		/** Presses keys in order, with time for React to render in between. */
		async press(...pressed: readonly string[]) {
			for (const key of pressed) {
				keyboard.type(key);
				await delay(5);
			}
		},
		resize(newColumns: number, newRows: number) {
			screen.columns = newColumns;
			screen.rows = newRows;
			screen.emit('resize');
		},
		async [Symbol.asyncDispose]() {
			instance.unmount();
			speaker?.stop();
			stop();
			store.close();
			own?.close();
		},
	};
};
