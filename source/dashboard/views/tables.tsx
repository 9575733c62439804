import {useMemo, type ReactNode} from 'react';
import type {Snapshot} from '../../engine/snapshot.js';
import {shortImage} from '../containers/rows.js';
import type {Size} from '../frame/lines.js';
import {cursorOf, type ListState} from '../state/list-state.js';
import {shortBytes, shortAge} from '../../text/measures.js';
import {Panel} from '../frame/panel.js';
import {imageName, volumeUsers} from '../work/plan.js';
import {RowTable, type TableColumn, type TableRow} from '../frame/row-table.js';
import type {EventRow, ListItems} from '../state/list-items.js';
import {clean} from '../../text/fit.js';
import type {ListName} from '../state/ui-state.js';
import {eventRole, eventTexts, localTime} from './event-rows.js';
import type {RecordRow} from './records.js';

type TableViewProps = Size & {
	readonly name: ListName;
	readonly title: string;
	readonly columns: readonly TableColumn[];
	readonly rows: readonly TableRow[];
	readonly state: ListState;
	readonly isStale: boolean;
	readonly empty: string;
	readonly children?: ReactNode;
};

const TableView = ({name, title, columns, rows, state, isStale, empty, width, height}: TableViewProps) => (
	<Panel title={`${title} ${rows.length}${state.filter === '' ? '' : `, filter: ${clean(state.filter)}`}`} note={state.marks.size > 0 ? `${state.marks.size} marked` : ''} {...{width, height, isStale}} isFocused>
		<RowTable
			name={name}
			cursor={cursorOf(state, rows.map(({id}) => id))}
			width={width - 2}
			height={height - 2}
			isFocused
			{...{columns, rows, isStale, empty}}
		/>
	</Panel>
);

type ViewProps<Items> = Size & {
	readonly items: Items;
	readonly state: ListState;
	readonly isStale: boolean;
	readonly now: number;
	readonly snapshot?: Snapshot;
};

export const ImagesView = ({items, snapshot, state, now, ...rest}: ViewProps<ListItems['images']>) => {
	const rows = useMemo(() => items.map((image): TableRow => {
		const users = snapshot?.containers.filter(({imageId}) => imageId === image.id).length ?? 0;
		return {
			id: image.id,
			cells: [shortImage(imageName(image)), image.id.replace('sha256:', '').slice(0, 12), shortBytes(image.sizeBytes), shortAge(image.createdAt, now), image.architecture, users === 0 ? '' : String(users)].map(text => clean(text)),
			role: image.tags.length === 0 ? 'dim' : 'text',
			isMarked: state.marks.has(image.id),
		};
	}), [items, snapshot, state.marks, now]);
	return <TableView name='images' title='4 Images' columns={[{title: 'NAME', isFlexible: true}, {title: 'ID'}, {title: 'SIZE', align: 'right'}, {title: 'AGE', align: 'right'}, {title: 'ARCH'}, {title: 'USED', align: 'right'}]} rows={rows} state={state} empty='No images; c pulls or builds one' {...rest}/>;
};

export const VolumesView = ({items, snapshot, state, now, ...rest}: ViewProps<ListItems['volumes']>) => {
	const rows = useMemo(() => items.map((volume): TableRow => {
		const users = snapshot ? volumeUsers(volume, snapshot) : [];
		return {
			id: volume.name,
			cells: [volume.name, volume.anonymous ? 'anonymous' : 'named', shortAge(volume.createdAt, now), users.join(', ')].map(text => clean(text)),
			role: users.length === 0 ? 'dim' : 'text',
			isMarked: state.marks.has(volume.name),
		};
	}), [items, snapshot, state.marks, now]);
	return <TableView name='volumes' title='5 Volumes' columns={[{title: 'NAME', isFlexible: true}, {title: 'KIND'}, {title: 'AGE', align: 'right'}, {title: 'USED BY', isFlexible: true}]} rows={rows} state={state} empty='No volumes; c creates one' {...rest}/>;
};

export const DnsView = ({items, snapshot, state, isKnown, ...rest}: ViewProps<readonly RecordRow[]> & {readonly isKnown: boolean}) => {
	const rows = useMemo(() => items.map(({id, network, record, isStale}): TableRow => {
		const owner = snapshot?.containers.find(container => container.id === record.containerId)?.name;
		return {
			id,
			cells: [network, record.name, record.type, record.value, `${record.ttlSeconds}s`, owner ?? (record.containerId === undefined ? 'the host' : 'gone'), isStale ? 'stale' : ''].map(text => clean(text)),
			role: isStale ? 'bad' : 'text',
		};
	}), [items, snapshot]);
	return <TableView name='dns' title='6 DNS records' columns={[{title: 'NETWORK'}, {title: 'NAME', isFlexible: true}, {title: 'TYPE'}, {title: 'VALUE', isFlexible: true}, {title: 'TTL', align: 'right'}, {title: 'OWNER'}, {title: ''}]} rows={rows} state={state} empty={isKnown ? 'No records yet' : 'This engine does not report DNS records'} {...rest}/>;
};

export const EventsView = ({items, snapshot, state, now, ...rest}: ViewProps<readonly EventRow[]>) => {
	const names = useMemo(() => new Map(snapshot?.containers.map(({id, name}) => [id, name])), [snapshot?.containers]);
	const rows = useMemo(() => items.map(({id, event, end}): TableRow => {
		const {time, type, id: subject, attributes} = event;
		const {action, details} = eventTexts(event, end, container => names.get(container));
		const name = attributes.name ?? names.get(subject) ?? subject.slice(0, 12);
		return {id, cells: [localTime(time, now), type, action, name, details].map(text => clean(text)), role: eventRole(event, end)};
	}), [items, names, now]);
	return <TableView name='events' title='7 Events' columns={[{title: 'TIME'}, {title: 'TYPE'}, {title: 'ACTION'}, {title: 'NAME', isFlexible: true}, {title: 'DETAILS', isFlexible: true}]} rows={rows} state={state} empty='No events in the last hour' {...rest}/>;
};
