import type {Snapshot} from '../../engine/snapshot.js';
import {builderRow, type ContainerRow} from '../builder/builder-row.js';
import {stateText} from '../containers/rows.js';
import type {Pending} from '../state/ui-state.js';
import type {StoreState} from '../state/store.js';
import {describeKey, type Continuation} from '../keys/keys.js';
import type {Reading} from './reading.js';
import {count, sentence} from './words.js';

/** The state that announcements are made from, at one moment. */
export type Moment = {
	readonly store: Pick<StoreState, 'target' | 'connection' | 'snapshot'>;
	readonly isReadOnly: boolean;
	readonly pane: Reading;
	/** The prompt or dialog over the pane. */
	readonly over?: Reading;
	readonly notice: string;
	readonly jobs: ReadonlyArray<{readonly id: number; readonly title: string}>;
	readonly pending?: Pick<Pending, 'keys'> & {readonly continuations: readonly Continuation[]};
};

const connectionSentences = ({store, isReadOnly}: Moment, before: Moment | undefined): readonly string[] => {
	const {connection, target, snapshot} = store;
	const isOther = before?.store.target !== target;
	if (!isOther && before?.store.connection.state === connection.state) {
		return [];
	}

	switch (connection.state) {
		case 'connecting': {
			return [];
		}

		case 'connected': {
			const running = snapshot?.containers.filter(({status}) => status.state === 'running').length ?? 0;
			return [sentence(`Connected to ${target?.title ?? 'the engine'}`, isReadOnly && 'read-only', snapshot && `${running} of ${count(snapshot.containers.length, 'container')} running`, snapshot && count(snapshot.networks.length, 'network'))];
		}

		case 'lost': {
			return [sentence('Connection lost, reconnecting', connection.reason, connection.remedy)];
		}
	}
};

/** The containers, and the builder. */
const rowsOf = ({containers, builder}: Snapshot): readonly ContainerRow[] => builder ? [...containers, {...builderRow(builder), name: 'The builder'}] : containers;

/** Changes of containers and networks. */
const changeSentences = ({store: {snapshot, target}}: Moment, before: Moment | undefined): readonly string[] => {
	const earlier = before?.store.snapshot;
	if (!snapshot || !earlier || snapshot === earlier || before.store.target !== target) {
		return [];
	}

	const rows = rowsOf(snapshot);
	const earlierRows = rowsOf(earlier);
	const states = new Map(earlierRows.map(container => [container.id, stateText(container)]));
	const here = new Set([...rows, ...snapshot.networks].map(({id}) => id));
	const networks = new Set(earlier.networks.map(({id}) => id));
	return [
		...rows.flatMap(container => states.get(container.id) === stateText(container) ? [] : [`${container.name} is ${states.has(container.id) ? 'now' : 'new,'} ${stateText(container)}`]),
		...snapshot.networks.filter(({id}) => !networks.has(id)).map(({name}) => `Network ${name} is new`),
		...[...earlierRows, ...earlier.networks].filter(({id}) => !here.has(id)).map(({name}) => `${name} is gone`),
	];
};

const readingSentences = (now: Moment, before: Moment | undefined): readonly string[] => {
	const reading = now.over ?? now.pane;
	const earlier = before && (before.over ?? before.pane);
	const {heading, opening, cursor} = reading;
	if (earlier?.key === reading.key) {
		return [
			...(heading === earlier.heading ? [] : [heading]),
			...(cursor && cursor.id !== earlier.cursor?.id ? [cursor.text] : []),
		];
	}

	// After a dialog the pane's opening lines are not repeated.
	const isBack = !now.over && before?.pane.key === now.pane.key;
	return [heading, ...(isBack ? [] : opening), ...(cursor && (isBack || !cursor.isInOpening) ? [cursor.text] : [])];
};

/** What to announce between two moments; empty if nothing relevant changed. */
export const announcements = (before: Moment | undefined, now: Moment): readonly string[] => {
	const known = new Set(before?.jobs.map(({id}) => id));
	const {pending} = now;
	return [
		...(before ? [] : ['Holm. Question mark lists the keys, Control L reads the whole pane, q goes back and on the first screen quits']),
		...now.jobs.filter(({id}) => !known.has(id)).map(({title}) => `${title}, Control X cancels`),
		...connectionSentences(now, before),
		...changeSentences(now, before),
		...(now.notice !== '' && now.notice !== before?.notice ? [now.notice] : []),
		...(pending && pending.keys !== before?.pending?.keys
			? [sentence(describeKey(pending.keys, true), ...pending.continuations.map(({rest, binding: {title, follow = title}}) => `then ${describeKey(rest, true)}: ${follow}`), 'Escape cancels')]
			: []),
		...readingSentences(now, before),
	];
};
