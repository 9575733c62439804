import process from 'node:process';

/** The first descriptor that systemd hands down, see sd_listen_fds(3). */
const firstDescriptor = 3;

type Variables = {readonly LISTEN_PID?: string; readonly LISTEN_FDS?: string};

/** The descriptors of listening sockets that this process was started with; none where they are meant for another process. */
export const passedDescriptors = ({LISTEN_PID: pid, LISTEN_FDS: count}: Variables, ownPid = process.pid): readonly number[] =>
	Number(pid) === ownPid && /^\d{1,3}$/v.test(count ?? '')
		? Array.from({length: Number(count)}, (_, index) => firstDescriptor + index)
		: [];
