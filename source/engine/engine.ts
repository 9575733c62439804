import type {ArchivesVerbs} from './archives.js';
import type {BuildVerbs} from './build.js';
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

A `reference` of a container is its id, the unambiguous beginning of one, or its name; of a network and a volume its name or id; of an image its name, id or the beginning of one. Every verb throws `HolmError`, and one that throws has changed nothing.
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
	& VolumesVerbs
	& SystemVerbs
	& EventsVerbs
	& SnapshotVerbs;
