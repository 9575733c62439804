import {heldStatus} from '../lock.js';

/** What the service is called; the socket unit has the same name. */
export const serviceUnit = 'holm.service';
export const socketUnit = 'holm.socket';

/** Where the service listens, beside the socket in its own directory. */
export const serviceSocket = '/run/holm/holm.sock';

/** Members of this group may use the engine, which makes them as powerful as root. */
export const serviceGroup = 'holm';

/** The first line of both units, by which they are known again. */
export const unitMark = '# Made by `holm system install`, which replaces it. Changes belong into `systemctl edit`.';

export type UnitOptions = {
	/** Absolute paths, all of them root's alone. */
	readonly flock: string;
	readonly node: string;
	readonly daemon: string;
	/** Directory of the engine. */
	readonly root: string;
	/** File that one daemon at a time holds locked. */
	readonly lock: string;
};

/** A word of a command line or a path in a unit, see "Quoting" and "Specifiers" of systemd.syntax(7). */
export const quoteUnitWord = (word: string): string => {
	const escaped = word
		.replaceAll('\\', String.raw`\\`)
		.replaceAll('"', String.raw`\"`)
		.replaceAll('\n', String.raw`\n`)
		.replaceAll('%', '%%');
	return /^[\w%+,.\/:=@\-]+$/v.test(escaped) ? escaped : `"${escaped}"`;
};

/** In a command line, `$` begins a variable. */
const quoteArgument = (word: string) => quoteUnitWord(word).replaceAll('$', () => '$$');

/** Those that replace or drop the rules of others when they start: the engine opens their firewall to its own device afterwards. */
const firewalls = ['nftables', 'iptables', 'netfilter-persistent', 'ufw', 'firewalld', 'docker'].map(name => `${name}.service`);

/**
The unit of the engine's daemon.

Machines, name server and forwarder stay in its control group and are left alone when it ends (`KillMode=process`), so that a restart and an upgrade do not end containers. They need no scopes of their own, which would be stopped together with the daemon when the host shuts down; here the daemon is stopped first and stops the containers in order.
*/
export const serviceText = ({flock, node, daemon, root, lock}: UnitOptions): string => `${unitMark}
[Unit]
Description=Holm container engine
Wants=${socketUnit} network-online.target
After=${socketUnit} network-online.target ${firewalls.join(' ')}
RequiresMountsFor=${[root, node, daemon].map(word => quoteUnitWord(word)).join(' ')}
# How often it is started is limited by RestartSec alone: a command that needs it starts it at any time.
StartLimitIntervalSec=0

[Service]
# Clients wait at the socket until the engine is open, so nothing has to be told when it is.
Type=exec
ExecStart=${[flock, '--timeout=30', `--conflict-exit-code=${heldStatus}`, '--no-fork', lock, node, daemon, root].map(word => quoteArgument(word)).join(' ')}
UMask=0022
# Containers outlive the daemon.
KillMode=process
Delegate=yes
# Long enough for containers to stop when the host shuts down.
TimeoutStopSec=2min
Restart=on-failure
RestartSec=5s
# A machine that the kernel ends for want of memory is no reason to stop the engine.
OOMPolicy=continue
ManagedOOMPreference=avoid
TasksMax=infinity
LimitNOFILE=524288
SyslogIdentifier=holm

[Install]
WantedBy=multi-user.target
`;

/** The unit of the socket at which commands wait while the daemon starts. It goes when the engine is stopped, so that no command starts what was meant to stop. */
export const socketText = (): string => `${unitMark}
[Unit]
Description=Socket of the Holm container engine

[Socket]
ListenStream=${serviceSocket}
SocketUser=root
SocketGroup=${serviceGroup}
SocketMode=0660
DirectoryMode=0755
RemoveOnStop=yes

[Install]
WantedBy=sockets.target
`;
