import {run} from './run.js';

/** The host's programs, read-only, for `cp` in a root of its own. */
const script = `set -e
mount -t tmpfs -o mode=700 none /mnt
for each in usr bin sbin lib lib32 lib64 libx32 nix gnu; do
	if [ -L "/$each" ]; then
		cp -P "/$each" "/mnt/$each"
	elif [ -d "/$each" ]; then
		mkdir "/mnt/$each"
		mount --bind "/$each" "/mnt/$each"
		mount -o remount,bind,ro "/mnt/$each"
	fi
done
mkdir /mnt/from /mnt/to
mount --bind . /mnt/from
mount -o remount,bind,ro /mnt/from
mount --bind /proc/self/fd/3/ /mnt/to
exec chroot /mnt cp --archive --no-target-directory /from /to`;

/**
Copies the content of one directory into another, with its owner, mode and attributes, also while others write to them: links lead nowhere else, because the copying process sees only the two directories and the host's programs.
*/
export const copyContained = async (source: string, destination: string): Promise<void> => {
	await run('unshare', ['--mount', '--propagation', 'private', '--', 'sh', '-c', `exec 3<"$1"; ${script}`, 'sh', destination], {cwd: source});
};
