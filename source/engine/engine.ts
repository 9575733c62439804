import type {ArchivesVerbs} from './archives.js';
import type {BuildVerbs} from './build.js';
import type {BuilderVerbs} from './builder.js';
import type {ChangesVerbs} from './changes.js';
import type {CommitsVerbs} from './commits.js';
import type {ContainersVerbs} from './containers.js';
import type {EventsVerbs} from './events.js';
import type {ExecsVerbs} from './execs.js';
import type {ImagesVerbs} from './images.js';
import type {LifecycleVerbs} from './lifecycle.js';
import type {LogsVerbs} from './logs.js';
import type {NetworksVerbs} from './networks.js';
import type {SessionsVerbs} from './sessions.js';
import type {SnapshotVerbs} from './snapshot.js';
import type {StatsVerbs} from './stats.js';
import type {SystemVerbs} from './system.js';
import type {TransferVerbs} from './transfer.js';
import type {VolumesVerbs} from './volumes.js';

/**
Every verb of Holm; each backend implements it.

A `reference` names a container by id, unambiguous id prefix or name; a network or volume by name or id; an image by name, id or id prefix. Every verb throws `HolmError`; a verb that throws has changed nothing.
*/
export type Engine = ContainersVerbs
	& LifecycleVerbs
	& LogsVerbs
	& SessionsVerbs
	& ExecsVerbs
	& StatsVerbs
	& ArchivesVerbs
	& ChangesVerbs
	& CommitsVerbs
	& NetworksVerbs
	& ImagesVerbs
	& TransferVerbs
	& BuildVerbs
	& BuilderVerbs
	& VolumesVerbs
	& SystemVerbs
	& EventsVerbs
	& SnapshotVerbs;
