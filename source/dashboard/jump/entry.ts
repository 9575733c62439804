import type {KeyMaps} from '../keys/key-maps.js';
import type {Binding} from '../keys/keys.js';
import type {Searched} from './fuzzy.js';

export type Kind = 'container' | 'project' | 'network' | 'image' | 'volume' | 'name' | 'address' | 'port' | 'view' | 'action';

export type Target =
	| {readonly type: 'item'; readonly list: 'containers' | 'networks' | 'images' | 'volumes'; readonly id: string}
	| {readonly type: 'filter'; readonly list: 'containers' | 'dns'; readonly text: string}
	| {readonly type: 'action'; readonly place: keyof KeyMaps; readonly binding: Binding};

/** Something to jump to. */
export type Entry = {
	/** Kind and id. */
	readonly key: string;
	readonly kind: Kind;
	/** Escaped text. */
	readonly label: string;
	readonly detail: string;
	readonly searched: Searched;
	readonly target: Target;
	/** Higher among equal matches. */
	readonly weight: number;
};
