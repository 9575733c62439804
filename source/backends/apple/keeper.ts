import type {ContainerConfiguration} from '../../engine/resources.js';
import {onTerminal} from './pseudo-terminal.js';
import type {Program} from './program.js';

/*
The keeper of a container is a shell on the host of Apple's program. It starts the container attached, which is the only way to its exit status and to both of its streams, and outlives the process of Holm. Its directory has

  stdout, stderr  the output of all runs
  stamps          when which part of it arrived, while a process of Holm looked on
  keeper          its process id; another keeper leaves the container to it
  exit            exit status and time, once the run has ended
  in, holder      the pipe to standard input, and the process that holds it open between clients
  tty             the name of its terminal
*/

/** What it prints if the container has a keeper already. */
export const busyMark = 'busy';

/**
`$1` is the directory, `$2` the state to write, `$3` whether it has input; the rest is the command. Prints the sizes of the output before it.

A keeper whose run has ended is waited for, five seconds at most. A file of one that was killed is removed.

Its last complaints, as of a full disk, go nowhere: the process that has started it may have ended, and they would end it, too.
*/
const script = `
umask 077
trap '' HUP
[ -d "$1" ] || mkdir -p "$1"
cd "$1" || exit 1
echo $$ >keeper.$$ || exit 1
n=0
until ln keeper.$$ keeper 2>/dev/null; do
	k=
	[ -e keeper ] && IFS= read -r k <keeper
	case $(ps -ww -o command= -p "\${k:-0}" 2>/dev/null) in
		*"$1"*)
			if [ -e exit ]; then sleep 0.05; else n=100; fi
			;;
		*) rm -f keeper ;;
	esac
	n=$((n + 1))
	[ $n -lt 100 ] || { rm -f keeper.$$; echo ${busyMark}; exit 0; }
done
rm -f keeper.$$
rm -f exit exit.new in holder tty
printf '%s\\n' "$2" >state.new && mv state.new state
: >>stdout; : >>stderr; : >>stamps
i=$3
shift 3
printf '%s %s %s\\n' $(wc -c <stdout) $(wc -c <stderr) $(wc -c <stamps)
if [ "$i" = yes ]; then
	mkfifo in
	sleep 2147483647 3<>in </dev/null >/dev/null 2>&1 &
	echo $! >holder
	"$@" <in >>stdout 2>>stderr 3>tty
else
	"$@" </dev/null >>stdout 2>>stderr
fi
c=$?
exec 2>/dev/null
printf '%s %s\\n' "$c" "$(date +%s)" >exit.new
mv exit.new exit
[ -e holder ] && kill "$(cat holder)" 2>/dev/null
rm -f in holder tty keeper
exit 0
`;

export type KeeperOptions = {
	readonly directory: string;
	/** As JSON. */
	readonly state: string;
	readonly appleName: string;
	readonly hasInput: boolean;
	readonly hasTerminal: boolean;
};

type Streams = Pick<ContainerConfiguration, 'openStdin' | 'terminal'>;

/** Whether Apple's program needs a terminal, which joins both of its streams. */
const requiresTerminal = ({openStdin, terminal}: Streams): boolean => openStdin && terminal;

/** Where Apple's program says why a start has failed. */
export const complaintStream = (streams: Streams): 'stdout' | 'stderr' => requiresTerminal(streams) ? 'stdout' : 'stderr';

/** The command that keeps one run of a container. */
export const keeperCommand = (program: Program, {directory, state, appleName, hasInput, hasTerminal}: KeeperOptions): readonly string[] => {
	const start = [program.path, 'start', '--attach', ...hasInput ? ['-i'] : [], appleName];
	const isOnTerminal = requiresTerminal({openStdin: hasInput, terminal: hasTerminal});
	const command = isOnTerminal ? onTerminal(start, {rows: 24, columns: 80}, program.flavour) : start;
	return ['/bin/sh', '-c', script, 'sh', directory, state, hasInput ? 'yes' : 'no', ...command];
};

/** Ends the input of a run, once its pipe is empty. */
export const endInput = async (program: Program, directory: string): Promise<void> => {
	await program.shell('[ -e "$1/holder" ] && kill "$(cat "$1/holder")" 2>/dev/null; exit 0', [directory]);
};
