import {useMemo} from 'react';
import type {Snapshot} from '../../engine/snapshot.js';
import type {Image, Volume} from '../../engine/resources.js';
import {shortImage} from '../containers/rows.js';
import type {Size} from '../frame/lines.js';
import {recordOwner, shortImageId, volumeKind, type EventRow} from '../lists/fields.js';
import {countText, noteText, type Marks} from '../lists/titles.js';
import type {FoundById} from '../state/list-items.js';
import type {ListState} from '../state/list-state.js';
import {shortBytes, shortAge} from '../../text/measures.js';
import {Panel} from '../frame/panel.js';
import {imageName, volumeUsers} from '../work/plan.js';
import {RowTable, type TableColumn, type TableRow} from '../frame/row-table.js';
import {clean} from '../../text/fit.js';
import type {ListName} from '../state/ui-state.js';
import {eventRole, eventTexts, localTime} from './event-rows.js';
import type {RecordRow} from './records.js';

/** What a view of a list gets. */
type ViewProps<Item> = Size & {
	readonly items: readonly Item[];
	/** The items without the filter. */
	readonly all: readonly Item[];
	readonly found: FoundById;
	readonly marks: Marks;
	readonly isAwaited: boolean;
	readonly state: ListState;
	readonly isStale: boolean;
	readonly now: number;
	readonly snapshot?: Snapshot;
};

type TableViewProps = Omit<ViewProps<unknown>, 'items' | 'all' | 'now' | 'snapshot'> & {
	readonly name: ListName;
	readonly title: string;
	readonly columns: readonly TableColumn[];
	/** Without the filter; `shown` are those that pass it. */
	readonly rows: readonly TableRow[];
	readonly shown: readonly string[];
	readonly empty: string;
};

const TableView = (props: TableViewProps) => {
	const {name, title, columns, rows: all, shown, state, found, marks, isStale, isAwaited, empty, width, height} = props;
	const rows = useMemo(() => {
		const byId = new Map(all.map(row => [row.id, row]));
		return shown.flatMap(id => byId.get(id) ?? []);
	}, [all, shown]);
	return (
		<Panel title={`${title} ${countText(state, rows.length, all.length)}`} note={noteText(marks, state, true)} {...{width, height, isStale}} isFocused>
			<RowTable
				isFocused
				name={name}
				width={width - 2}
				height={height - 2}
				empty={state.filter === '' ? empty : 'No matches for the filter; Esc clears it'}
				{...{columns, rows, all, state, found, isStale, isAwaited}}
			/>
		</Panel>
	);
};

const useIds = <Item extends {readonly id?: string; readonly name?: string}>(items: readonly Item[]): readonly string[] =>
	useMemo(() => items.map(({id, name = ''}) => id ?? name), [items]);

const imageColumns: readonly TableColumn[] = [
	{title: 'NAME', need: 0, most: 60},
	{title: 'ID', need: 3},
	{title: 'SIZE', need: 1, align: 'right'},
	{title: 'AGE', key: 'created', need: 2, align: 'right'},
	{title: 'ARCH', need: 5},
	{title: 'USED', need: 4, align: 'right'},
];

export const ImagesView = ({items, all, snapshot, now, ...rest}: ViewProps<Image>) => {
	const rows = useMemo(() => all.map((image): TableRow => {
		const users = snapshot?.containers.filter(({imageId}) => imageId === image.id).length ?? 0;
		return {
			id: image.id,
			cells: [shortImage(imageName(image)), shortImageId(image), shortBytes(image.sizeBytes), shortAge(image.createdAt, now), image.architecture, users === 0 ? '' : String(users)].map(text => clean(text)),
			role: image.tags.length === 0 ? 'dim' : 'text',
		};
	}), [all, snapshot, now]);
	return <TableView name='images' title='4 Images' columns={imageColumns} rows={rows} shown={useIds(items)} empty='No images; c pulls or builds one' {...rest}/>;
};

const volumeColumns: readonly TableColumn[] = [
	{title: 'NAME', need: 0, most: 64},
	{title: 'KIND', need: 3},
	{title: 'AGE', key: 'created', need: 2, align: 'right'},
	{title: 'USED BY', key: 'used', need: 1, most: 60},
];

export const VolumesView = ({items, all, snapshot, now, ...rest}: ViewProps<Volume>) => {
	const rows = useMemo(() => all.map((volume): TableRow => {
		const users = snapshot ? volumeUsers(volume, snapshot) : [];
		return {
			id: volume.name,
			cells: [volume.name, volumeKind(volume), shortAge(volume.createdAt, now), users.join(', ')].map(text => clean(text)),
			role: users.length === 0 ? 'dim' : 'text',
		};
	}), [all, snapshot, now]);
	return <TableView name='volumes' title='5 Volumes' columns={volumeColumns} rows={rows} shown={useIds(items)} empty='No volumes; c creates one' {...rest}/>;
};

const recordColumns: readonly TableColumn[] = [
	{title: 'NETWORK', need: 2},
	{title: 'NAME', need: 0},
	{title: 'TYPE', need: 5},
	{title: 'VALUE', need: 1, most: 32},
	{title: 'TTL', need: 6, align: 'right'},
	{title: 'OWNER', need: 4},
	{title: 'STATE', need: 3},
];

export const DnsView = ({items, all, snapshot, isKnown, now: _now, ...rest}: ViewProps<RecordRow> & {readonly isKnown: boolean}) => {
	const rows = useMemo(() => all.map((row): TableRow => {
		const {id, network, record, isStale} = row;
		const owner = recordOwner(row, snapshot?.containers ?? []);
		return {
			id,
			cells: [network, record.name, record.type, record.value, `${record.ttlSeconds}s`, owner, isStale ? 'stale' : ''].map(text => clean(text)),
			role: isStale ? 'bad' : 'text',
		};
	}), [all, snapshot]);
	return <TableView name='dns' title='6 DNS records' columns={recordColumns} rows={rows} shown={useIds(items)} empty={isKnown ? 'No records yet' : 'This engine does not report DNS records'} {...rest}/>;
};

const eventColumns: readonly TableColumn[] = [{title: 'TIME'}, {title: 'TYPE'}, {title: 'ACTION'}, {title: 'NAME'}, {title: 'DETAILS', most: 200}];

export const EventsView = ({items, all, snapshot, now, ...rest}: ViewProps<EventRow>) => {
	const names = useMemo(() => new Map(snapshot?.containers.map(({id, name}) => [id, name])), [snapshot?.containers]);
	const rows = useMemo(() => all.map(({id, event, end}): TableRow => {
		const {time, type, id: subject, attributes} = event;
		const {action, details} = eventTexts(event, end, container => names.get(container));
		const name = attributes.name ?? names.get(subject) ?? subject.slice(0, 12);
		return {id, cells: [localTime(time, now), type, action, name, details].map(text => clean(text)), role: eventRole(event, end)};
	}), [all, names, now]);
	return <TableView name='events' title='7 Events' columns={eventColumns} rows={rows} shown={useIds(items)} empty='No events in the last hour' {...rest}/>;
};
