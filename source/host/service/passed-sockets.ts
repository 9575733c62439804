/** The first descriptor that systemd passes, see sd_listen_fds(3). */
const firstDescriptor = 3;

type Variables = {readonly LISTEN_PID?: string; readonly LISTEN_FDS?: string};

/** The listening sockets that systemd passed to this process; none if they are meant for another process. */
export const passedDescriptors = ({LISTEN_PID: pid, LISTEN_FDS: count}: Variables, ownPid = process.pid): readonly number[] =>
	Number(pid) === ownPid && /^\d{1,3}$/v.test(count ?? '')
		? Array.from({length: Number(count)}, (_, index) => firstDescriptor + index)
		: [];
