import {useEffect, useMemo, useState} from 'react';
import {Box, Text, useApp, useInput, useWindowSize} from 'ink';
import {ContainersPane} from '../containers/containers.js';
import {ActivityView} from '../activity/activity.js';
import type {Controller} from '../work/controller.js';
import {DialogLayer} from '../dialogs/dialogs.js';
import {handleInput, typePrompt} from '../keys/input.js';
import {InspectView} from '../inspect/inspect.js';
import {sortPrefix} from '../lists/sort-keys.js';
import {LogsPane} from '../logs/logs.js';
import {NetworksPane} from '../networks/networks.js';
import {marksIn, type ListItems} from '../state/list-items.js';
import {clean, cut} from '../../text/fit.js';
import {widthOf} from '../../text/width.js';
import type {StoreState} from '../state/store.js';
import type {ListName, UiState, ViewName} from '../state/ui-state.js';
import {TextView} from '../views/text-view.js';
import {DnsView, EventsView, ImagesView, VolumesView} from '../views/tables.js';
import {Lines} from './lines.js';
import {bodyRows, headerRows, layoutOf, smallest, type Area, type PaneName} from './layout.js';
import {Field} from './field.js';
import {emptyText} from './empty-text.js';
import {ControllerProvider, useController, useStore, useUi} from './context.js';
import {footerLine} from './bars.js';
import {headerBars} from './header.js';

type Parts = {
	readonly controller: Controller;
	readonly ui: UiState;
	readonly store: StoreState;
	readonly listItems: ListItems;
	readonly now: number;
};

const Pane = ({name, width, height, ui, store, listItems, now}: Parts & Area & {readonly name: PaneName}) => {
	const isFocused = ui.focus === name;
	const isStale = store.connection.state === 'lost';
	const {usage, snapshot} = store;
	const list = name === 'logs' ? 'containers' : name;
	const {marks} = ui.lists[list];
	const common = {
		state: ui.lists[list],
		marks: useMemo(() => marksIn(listItems, {marks}, list), [listItems, marks, list]),
		isAwaited: isFocused && ui.pending?.keys === sortPrefix,
		isFocused,
		isStale,
		width,
		height,
	};
	switch (name) {
		case 'containers': {
			return <ContainersPane empty={emptyText(store, ui.lists.containers.filter, 'No containers; c creates one')} {...{...common, listItems, usage, now}} builder={snapshot?.builder}/>;
		}

		case 'networks': {
			return <NetworksPane networks={listItems.networks} all={listItems.all.networks} found={listItems.found.networks} empty={emptyText(store, ui.lists.networks.filter, 'No networks; c creates one')} {...common}/>;
		}

		case 'logs': {
			return <LogsPane state={ui.logs} builder={listItems.containers.at(-1)?.builder} {...{isFocused, isStale, width, height}}/>;
		}
	}
};

const MainView = (parts: Parts & Area) => {
	const {ui, width, height} = parts;
	const {rows} = layoutOf({width, height}, ui.focus, ui.isZoomed);
	return rows.map((row, index) => (
		<Box key={index}>{row.map(area => <Pane key={area.name} {...parts} {...area}/>)}</Box>
	));
};

const View = (parts: Parts & Area & {readonly view: ViewName}) => {
	const {view, ui, store, listItems, now, width, height} = parts;
	const common = {isStale: store.connection.state === 'lost', isAwaited: ui.pending?.keys === sortPrefix, now, snapshot: store.snapshot, width, height};
	const listOf = <Name extends Exclude<ListName, 'containers'>>(name: Name) => ({
		items: listItems[name],
		all: listItems.all[name],
		found: listItems.found[name],
		marks: marksIn(listItems, ui.lists[name], name),
		state: ui.lists[name],
		...common,
	});
	switch (view) {
		case 'main': {
			return <MainView {...parts}/>;
		}

		case 'inspect': {
			return ui.inspect && <InspectView state={ui.inspect} width={width} height={height}/>;
		}

		case 'activity': {
			return <ActivityView ui={ui} width={width} height={height}/>;
		}

		case 'images': {
			return <ImagesView {...listOf('images')}/>;
		}

		case 'volumes': {
			return <VolumesView {...listOf('volumes')}/>;
		}

		case 'dns': {
			return <DnsView isKnown={ui.lacksRecords !== true} {...listOf('dns')}/>;
		}

		case 'events': {
			return <EventsView {...listOf('events')}/>;
		}

		case 'topology':
		case 'addresses':
		case 'machine': {
			return <TextView {...{view, controller: parts.controller, ui, store, listItems, width, height}}/>;
		}
	}
};

const Footer = ({controller, ui, width}: {readonly controller: Controller; readonly ui: UiState; readonly width: number}) => {
	const {prompt} = ui;
	if (!prompt) {
		return <Lines lines={[footerLine(controller, ui, width)]} width={width} height={1}/>;
	}

	// The cursor is behind the text.
	const promptWidth = widthOf(`${clean(prompt.title)}${prompt.value}`) + 4;
	return (
		<Box width={width} height={1} overflow='hidden'>
			<Box flexShrink={0}><Text>{controller.theme.paint('key', ` ${clean(prompt.title)}: `)}</Text></Box>
			<Box flexShrink={1} height={1} overflow='hidden'>
				<Field
					value={prompt.value}
					latest={() => controller.getState().prompt?.value ?? ''}
					onChange={value => {
						typePrompt(controller, value);
					}}
				/>
			</Box>
			{prompt.note && <Box flexShrink={0} marginLeft={2}><Text>{controller.theme.paint('dim', cut(clean(prompt.note()), Math.max(0, width - 2 - promptWidth)))}</Text></Box>}
		</Box>
	);
};

// Ages are shown to the minute and may be half a minute late.
const clockInterval = 30_000;

const useClock = (now: () => number): number => {
	const [time, setTime] = useState(now);
	useEffect(() => {
		const timer = setInterval(() => {
			setTime(now());
		}, clockInterval);
		return () => {
			clearInterval(timer);
		};
	}, [now]);
	return time;
};

const Screen = () => {
	const controller = useController();
	const ui = useUi();
	const store = useStore();
	const {columns, rows} = useWindowSize();
	const now = useClock(controller.now);
	useInput((input, key) => {
		handleInput(controller, input, key);
	});
	if (columns < smallest.columns || rows < smallest.rows) {
		return <Box width={columns} height={rows}><Text wrap='truncate'>{`${smallest.columns}×${smallest.rows} at least`}</Text></Box>;
	}

	const {isReadOnly, theme, listItems} = controller;
	const header = headerBars({store, ui, items: listItems(), isReadOnly, theme}, {columns, rows});
	const area = {width: columns, height: bodyRows(rows)};
	return (
		<Box flexDirection='column' width={columns} height={rows}>
			<Lines lines={header.map(({line}) => line)} width={columns} height={headerRows(rows)}/>
			<Box flexDirection='column' width={area.width} height={area.height} flexShrink={0}>
				<View view={ui.view} {...{controller, ui, store, listItems: listItems(), now}} {...area}/>
			</Box>
			<Footer controller={controller} ui={ui} width={columns}/>
			{ui.dialog && <DialogLayer dialog={ui.dialog} width={columns} height={rows - 1}/>}
		</Box>
	);
};

/** Functions of Ink that only components can get. */
export type InkHandles = Pick<ReturnType<typeof useApp>, 'suspendTerminal' | 'exit'>;

type AppProps = {readonly controller: Controller; readonly onReady: (handles: InkHandles) => void};

/** The whole screen. */
export const App = ({controller, onReady}: AppProps) => {
	const {suspendTerminal, exit} = useApp();
	useEffect(() => {
		onReady({suspendTerminal, exit});
	}, [onReady, suspendTerminal, exit]);
	return <ControllerProvider value={controller}><Screen/></ControllerProvider>;
};
