import {homedir} from 'node:os';
import path from 'node:path';
import {firstExecutable} from '../../host/setup/programs.js';

/** Directories of Docker's plugins on the host; source: docker/cli, cli-plugins/manager/manager_unix.go, then Homebrew's and Docker Desktop's. */
const pluginDirectories = [
	'/usr/local/lib/docker/cli-plugins',
	'/usr/local/libexec/docker/cli-plugins',
	'/usr/lib/docker/cli-plugins',
	'/usr/libexec/docker/cli-plugins',
	'/opt/homebrew/lib/docker/cli-plugins',
	'/Applications/Docker.app/Contents/Resources/cli-plugins',
];

/** Where Compose may be: the plugin, the user's first, then the program of its own in PATH. All are called with Compose's arguments. */
export const composeCandidates = ({DOCKER_CONFIG, HOME, PATH = ''}: Readonly<Record<string, string | undefined>>): readonly string[] => [
	path.join(DOCKER_CONFIG || path.join(HOME || homedir(), '.docker'), 'cli-plugins'), ...pluginDirectories,
	...PATH.split(path.delimiter).filter(directory => path.isAbsolute(directory)),
].map(directory => path.join(directory, 'docker-compose'));

/** The first installed Compose; undefined if there is none. */
export const findCompose = async (environment: Readonly<Record<string, string | undefined>>): Promise<string | undefined> =>
	firstExecutable(composeCandidates(environment));
