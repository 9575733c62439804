import {heldStatus} from '../lock.js';
import {serviceSocket} from '../store/paths.js';

/** Names of the units. */
export const serviceUnit = 'holm.service';
export const socketUnit = 'holm.socket';

/** Members of this group may use the engine, which amounts to root access. */
export const serviceGroup = 'holm';

/** The first line of both units, which identifies them as Holm's. */
export const unitMark = '# Made by `holm system install`, which replaces it. Changes belong into `systemctl edit`.';

export type UnitOptions = {
	/** Absolute paths that only root can write to. */
	readonly flock: string;
	readonly node: string;
	readonly daemon: string;
	/** Directory of the engine. */
	readonly root: string;
	/** Lock file: one daemon at a time. */
	readonly lock: string;
};

/** Quotes a word of a command line or a path for a unit, see "Quoting" and "Specifiers" in systemd.syntax(7). */
export const quoteUnitWord = (word: string): string => {
	const escaped = word
		.replaceAll('\\', String.raw`\\`)
		.replaceAll('"', String.raw`\"`)
		.replaceAll('\n', String.raw`\n`)
		.replaceAll('%', '%%');
	return /^[\w%+,.\/:=@\-]+$/v.test(escaped) ? escaped : `"${escaped}"`;
};

/** In a command line, `$` starts a variable. */
const quoteArgument = (word: string) => quoteUnitWord(word).replaceAll('$', () => '$$');

/** Services that replace or flush other rules when they start. The engine starts after them and adds its rules. */
const firewalls = ['nftables', 'iptables', 'netfilter-persistent', 'ufw', 'firewalld', 'docker'].map(name => `${name}.service`);

/**
The unit of the engine's daemon.

Machines, name server and forwarder stay in its control group and survive its end (`KillMode=process`), so a restart or an upgrade does not stop containers. Separate scopes would be stopped together with the daemon when the host shuts down. This way the daemon is stopped first, and stops the containers in order.
*/
export const serviceText = ({flock, node, daemon, root, lock}: UnitOptions): string => `${unitMark}
[Unit]
Description=Holm container engine
Wants=${socketUnit} network-online.target
After=${socketUnit} network-online.target ${firewalls.join(' ')}
RequiresMountsFor=${[root, node, daemon].map(word => quoteUnitWord(word)).join(' ')}
# Only RestartSec limits restarts, so that a command can start it at any time.
StartLimitIntervalSec=0

[Service]
# Clients wait at the socket until the engine is open, so no readiness notification is needed.
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
# If the kernel kills a machine for lack of memory, the engine continues.
OOMPolicy=continue
ManagedOOMPreference=avoid
TasksMax=infinity
LimitNOFILE=524288
SyslogIdentifier=holm

[Install]
WantedBy=multi-user.target
`;

/** The socket unit. Commands wait at the socket while the daemon starts. It is removed when the engine is stopped, so that no command starts the engine again. */
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
