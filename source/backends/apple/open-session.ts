import type {Session} from '../../engine/sessions.js';

/** A session over streams that are its own. `leave` ends what fills them. */
export const openSession = (streams: Omit<Session, 'close'>, leave: () => void): Session => ({
	...streams,
	close() {
		leave();
		for (const stream of [streams.stdout, streams.stderr, streams.stdin]) {
			stream.destroy();
		}
	},
});
