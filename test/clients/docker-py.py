"""Calls of docker-py, of version 5 and later, on the engine that DOCKER_HOST names.

It prints a line for each call, `ok NAME` or `failed NAME: REASON`, and exits with 1 if one failed.
The image `box` must be there, with busybox; at most two machines run at a time. All that it makes
has the label `of=docker-py`, and is removed at the end.
"""

import io
import socket
import sys
import tarfile
import threading
import time
import traceback
from http.client import HTTPResponse

import docker
from docker.errors import APIError, ContainerError, ImageNotFound, NotFound
from docker.types import EndpointConfig, IPAMConfig, IPAMPool, LogConfig, Mount, Ulimit

LIMIT = 60
LABELS = {'of': 'docker-py'}
FILTER = {'label': 'of=docker-py'}

client = docker.from_env(timeout=LIMIT)
api = client.api
made = {}
calls = []


def call(name):
    """Registers a call under its name; they run in their order."""
    def register(function):
        calls.append((name, function))
        return function
    return register


def same(found, wanted):
    assert found == wanted, f'{found!r} instead of {wanted!r}'


def within(found, whole):
    assert found in whole, f'{found!r} is not in {str(whole)[:300]!r}'


def raises(kind, words, action):
    try:
        action()
    except kind as error:
        within(words, str(error))
        return error
    raise AssertionError(f'no {kind.__name__}')


def tar_of(**files):
    """A tar of files, by name."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode='w') as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    packed.seek(0)
    return packed


def file_in(chunks, name):
    tar = tarfile.open(fileobj=io.BytesIO(b''.join(chunks)))
    return tar.extractfile(name).read().decode()


def plain(opened):
    """The socket of a session, with a limit for each read."""
    sock = getattr(opened, '_sock', opened)
    sock.settimeout(LIMIT)
    return sock


def read_until(sock, wanted):
    read = b''
    while wanted not in read:
        chunk = sock.recv(4096)
        assert chunk, f'the session ended after {read!r}'
        read += chunk
    return read


# The engine.

@call('ping')
def _():
    same(client.ping(), True)


@call('version')
def _():
    version = client.version()
    same(version['Os'], 'linux')
    within('GoVersion', version)


@call('info')
def _():
    info = client.info()
    for field in ('ID', 'Containers', 'Images', 'Debug', 'ExperimentalBuild', 'Warnings', 'SecurityOptions'):
        within(field, info)


@call('df')
def _():
    same(sorted(set(client.df()) & {'Images', 'Containers', 'Volumes'}), ['Containers', 'Images', 'Volumes'])


@call('version that is negotiated')
def _():
    other = docker.from_env(version='auto', timeout=LIMIT)
    within('.', other.api._version)
    other.close()


@call('a version that is too new is refused')
def _():
    other = docker.from_env(version='9.99', timeout=LIMIT)
    raises(APIError, '', other.info)
    other.close()


@call('events with an end')
def _():
    now = int(time.time())
    same([event for event in client.events(since=now - 1, until=now, filters={'event': 'none'}, decode=True)], [])


# Images.

@call('images.get')
def _():
    made['box'] = client.images.get('box')
    within('box:latest', made['box'].tags)


@call('images.get of one that is missing')
def _():
    raises(ImageNotFound, 'o such image', lambda: client.images.get('no-such-image'))


@call('images.list')
def _():
    within(made['box'].id, [image.id for image in client.images.list()])
    same(client.images.list(name='no-such-image'), [])


@call('images.list with filters')
def _():
    within(made['box'].id, [image.id for image in client.images.list(filters={'label': 'made.by=test'})])


@call('image.history')
def _():
    within('CreatedBy', made['box'].history()[0])


@call('image.attrs')
def _():
    same(made['box'].attrs['Os'], 'linux')
    same(made['box'].labels['made.by'], 'test')


@call('image.tag')
def _():
    same(made['box'].tag('docker-py-tagged', tag='1'), True)
    within('docker-py-tagged:1', client.images.get(made['box'].id).tags)


@call('image.save')
def _():
    made['archive'] = b''.join(client.images.get('docker-py-tagged:1').save(named='docker-py-tagged:1'))
    within('manifest.json', tarfile.open(fileobj=io.BytesIO(made['archive'])).getnames())


@call('images.remove')
def _():
    client.images.remove('docker-py-tagged:1')
    raises(ImageNotFound, '', lambda: client.images.get('docker-py-tagged:1'))


@call('images.load')
def _():
    same([image.id for image in client.images.load(made['archive'])], [made['box'].id])
    client.images.remove('docker-py-tagged:1')


@call('images.build')
def _():
    recipe = b'FROM box\nARG WORD=none\nRUN echo $WORD >/word\nENV MODE=test\nCMD ["cat", "/word"]\n'
    image, log = client.images.build(fileobj=io.BytesIO(recipe), tag='docker-py-built', buildargs={'WORD': 'built'}, labels=LABELS, rm=True)
    made['built'] = image
    same(image.labels['of'], 'docker-py')
    within('MODE=test', image.attrs['Config']['Env'])
    within('Successfully', ''.join(line.get('stream', '') for line in log))


@call('build ends with its words')
def _():
    lines = list(api.build(fileobj=io.BytesIO(b'FROM box\n'), tag='docker-py-built:2', decode=True))
    within('Successfully tagged docker-py-built:2', lines[-1]['stream'])


@call('build with a context')
def _():
    context = tar_of(Dockerfile='FROM box\nCOPY word /word\n', word='copied\n')
    image, _ = client.images.build(fileobj=context, custom_context=True, tag='docker-py-built:3')
    same(image.tags, ['docker-py-built:3'])


@call('build that fails')
def _():
    raises(docker.errors.BuildError, 'returned a non-zero code: 3', lambda: client.images.build(fileobj=io.BytesIO(b'FROM box\nRUN exit 3\n')))


@call('import_image_from_data')
def _():
    answer = api.import_image_from_data(tar_of(word='imported\n').getvalue(), repository='docker-py-imported', tag='1', changes=['USER 7', 'CMD ["x"]'])
    within('sha256:', answer)
    image = client.images.get('docker-py-imported:1')
    same([image.attrs['Config']['User'], image.attrs['Config']['Cmd']], ['7', ['x']])


@call('images.prune')
def _():
    same((client.images.prune(filters={'label': ['of=nothing']}))['SpaceReclaimed'], 0)


@call('images.pull of a name that is none')
def _():
    raises(APIError, '', lambda: client.images.pull('No/Such/Image', tag='1'))


# Networks.

@call('networks.create')
def _():
    made['net'] = client.networks.create('docker-py-net', driver='bridge', labels=LABELS, ipam=IPAMConfig(pool_configs=[IPAMPool(subnet='10.93.8.0/24', gateway='10.93.8.254')]))
    same(made['net'].name, 'docker-py-net')


@call('networks.create of a name that is taken')
def _():
    raises(APIError, 'already exists', lambda: client.networks.create('docker-py-net', check_duplicate=True))


@call('networks.get')
def _():
    same(client.networks.get('docker-py-net').attrs['IPAM']['Config'][0]['Gateway'], '10.93.8.254')
    raises(NotFound, '', lambda: client.networks.get('no-such-network'))


@call('networks.list')
def _():
    same([network.name for network in client.networks.list(filters=FILTER)], ['docker-py-net'])
    same([network.name for network in client.networks.list(names=['docker-py-net'])], ['docker-py-net'])
    within('bridge', [network.name for network in client.networks.list()])


# Volumes.

@call('volumes.create')
def _():
    made['volume'] = client.volumes.create('docker-py-volume', driver='local', labels=LABELS)
    same(made['volume'].attrs['Driver'], 'local')


@call('volumes.get')
def _():
    same(client.volumes.get('docker-py-volume').attrs['Labels'], LABELS)
    raises(NotFound, '', lambda: client.volumes.get('no-such-volume'))


@call('volumes.list')
def _():
    same([volume.name for volume in client.volumes.list(filters=FILTER)], ['docker-py-volume'])


# A container and its settings.

@call('containers.create')
def _():
    made['one'] = client.containers.create(
        'box', ['sh', '-c', 'echo out; echo err >&2; trap "exit 4" TERM; while :; do sleep 1 & wait $!; done'],
        name='docker-py-one', hostname='islet', labels=LABELS, environment={'WORD': 'given', 'GREETING': None},
        network='docker-py-net', ports={'80/tcp': ('127.0.0.1', None)}, working_dir='/tmp', mem_limit='256m',
        mounts=[Mount('/kept', 'docker-py-volume'), Mount('/scratch', None, type='tmpfs', tmpfs_size=1 << 20)],
        cap_add=['NET_ADMIN'], ulimits=[Ulimit(name='nofile', soft=512, hard=1024)], stop_signal='SIGTERM',
        extra_hosts={'elsewhere': '192.0.2.9'}, dns=['192.0.2.53'], sysctls={'net.core.somaxconn': '512'},
        restart_policy={'Name': 'on-failure', 'MaximumRetryCount': 0}, shm_size='32m', init=True, tmpfs={'/more': 'size=1m'},
        log_config=LogConfig(type='json-file', config={'max-size': '1m', 'max-file': '100'}), security_opt=['no-new-privileges'],
        healthcheck={'test': ['CMD', 'true'], 'interval': 2_000_000_000},
    )
    same(made['one'].status, 'created')


@call('container.attrs')
def _():
    attrs = made['one'].attrs
    host = attrs['HostConfig']
    same([attrs['Config']['Hostname'], attrs['Config']['WorkingDir'], host['Memory'], host['ShmSize']], ['islet', '/tmp', 256 << 20, 32 << 20])
    same([host['CapAdd'], host['Sysctls'], host['SecurityOpt']], [['NET_ADMIN'], {'net.core.somaxconn': '512'}, ['no-new-privileges']])
    within('GREETING', attrs['Config']['Env'])
    within('WORD=given', attrs['Config']['Env'])


@call('containers.create of a name that is taken')
def _():
    same(raises(APIError, 'already in use', lambda: client.containers.create('box', name='docker-py-one')).status_code, 409)


@call('containers.create with an image that is missing')
def _():
    raises(ImageNotFound, 'no-such-image', lambda: client.containers.create('no-such-image'))


@call('containers.create with a setting that is refused')
def _():
    same(raises(APIError, 'PidMode', lambda: client.containers.create('box', pid_mode='host')).status_code, 501)


@call('container.start')
def _():
    made['one'].start()
    made['one'].reload()
    same(made['one'].status, 'running')


@call('container.start of one that runs')
def _():
    made['one'].start()


@call('containers.get')
def _():
    same(client.containers.get('docker-py-one').id, made['one'].id)
    same(client.containers.get(made['one'].short_id).name, 'docker-py-one')
    raises(NotFound, 'No such container', lambda: client.containers.get('no-such-container'))


@call('containers.list')
def _():
    same([container.name for container in client.containers.list(filters={**FILTER, 'status': 'running'})], ['docker-py-one'])
    same(client.containers.list(all=True, filters={'name': 'no-such-container'}), [])
    same(len(client.containers.list(limit=1)), 1)


@call('api.containers with sizes')
def _():
    found = api.containers(filters=FILTER, size=True)[0]
    same([found['Names'], found['State'], type(found['SizeRw'])], [['/docker-py-one'], 'running', int])


@call('container.ports')
def _():
    published = made['one'].ports['80/tcp'][0]
    same(published['HostIp'], '127.0.0.1')
    same(api.port(made['one'].id, 80)[0]['HostPort'], published['HostPort'])


@call('a published port')
def _():
    made['one'].exec_run(['sh', '-c', 'echo answer | nc -l -p 80'], detach=True)
    port = int(made['one'].ports['80/tcp'][0]['HostPort'])
    for _ in range(100):
        try:
            with socket.create_connection(('127.0.0.1', port), LIMIT) as connection:
                connection.settimeout(LIMIT)
                read = connection.recv(100)
        except ConnectionError:
            read = b''
        if read:
            break
        time.sleep(0.05)
    same(read, b'answer\n')


@call('container.logs')
def _():
    for _ in made['one'].logs(stream=True, follow=True, stdout=False):
        break
    same(sorted(made['one'].logs().split()), [b'err', b'out'])


@call('container.logs of one stream')
def _():
    same([made['one'].logs(stderr=False), made['one'].logs(stdout=False)], [b'out\n', b'err\n'])


@call('container.logs with options')
def _():
    same(made['one'].logs(tail=0), b'')
    within(b'Z out\n', made['one'].logs(timestamps=True, stderr=False))
    same(made['one'].logs(since=int(time.time()) + 60), b'')


@call('container.logs as a stream')
def _():
    lines = made['one'].logs(stream=True, follow=True, stderr=False)
    same(next(lines), b'out\n')
    lines.close()


@call('container.exec_run')
def _():
    same(tuple(made['one'].exec_run(['sh', '-c', 'echo $WORD-$GREETING; pwd; hostname'])), (0, b'given-\n/tmp\nislet\n'))


@call('container.exec_run with an exit status')
def _():
    same(made['one'].exec_run(['sh', '-c', 'exit 7']).exit_code, 7)


@call('container.exec_run with options')
def _():
    same(made['one'].exec_run(['sh', '-c', 'id -un; pwd; echo $A'], user='ada', workdir='/data', environment={'A': 'b'}).output, b'ada\n/data\nb\n')


@call('container.exec_run whose output is there before its head is read')
def _():
    begin = HTTPResponse.begin

    def begin_late(response):
        sock = response.fp.raw._sock
        while b'101 UPGRADED' in sock.recv(64, socket.MSG_PEEK) and b'late' not in sock.recv(1 << 16, socket.MSG_PEEK):
            time.sleep(0.01)
        return begin(response)

    HTTPResponse.begin = begin_late
    try:
        same(made['one'].exec_run(['echo', 'late']).output, b'late\n')
    finally:
        HTTPResponse.begin = begin


@call('container.exec_run with two streams')
def _():
    same(made['one'].exec_run(['sh', '-c', 'echo a; echo b >&2'], demux=True).output, (b'a\n', b'b\n'))


@call('container.exec_run as a stream')
def _():
    same(b''.join(made['one'].exec_run(['sh', '-c', 'echo a; sleep 1; echo b'], stream=True).output), b'a\nb\n')


@call('container.exec_run with a terminal')
def _():
    same(made['one'].exec_run(['sh', '-c', 'test -t 1 && echo tty'], tty=True).output, b'tty\r\n')


@call('container.exec_run of a program that is missing')
def _():
    exit_code, output = made['one'].exec_run('no-such-program')
    same(exit_code, 127)
    within(b'not found', output)


@call('exec with input')
def _():
    exec_id = api.exec_create(made['one'].id, ['sh', '-c', 'read x; echo got $x'], stdin=True)['Id']
    sock = plain(api.exec_start(exec_id, socket=True))
    sock.sendall(b'word\n')
    within(b'got word\n', read_until(sock, b'got word\n'))
    sock.close()


@call('exec_inspect')
def _():
    exec_id = api.exec_create(made['one'].id, ['sh', '-c', 'exit 5'])['Id']
    same(api.exec_inspect(exec_id)['Running'], False)
    api.exec_start(exec_id)
    same(api.exec_inspect(exec_id)['ExitCode'], 5)


@call('exec_resize')
def _():
    exec_id = api.exec_create(made['one'].id, ['sh', '-c', 'read x; stty size'], stdin=True, tty=True)['Id']
    sock = plain(api.exec_start(exec_id, tty=True, socket=True))
    api.exec_resize(exec_id, height=31, width=77)
    sock.sendall(b'x\n')
    within(b'31 77', read_until(sock, b'31 77'))
    sock.close()


@call('detaching with keys')
def _():
    exec_id = api.exec_create(made['one'].id, 'cat', stdin=True, tty=True, detach_keys='ctrl-x')['Id']
    sock = plain(api.exec_start(exec_id, tty=True, socket=True))
    sock.sendall(b'\x18')
    while sock.recv(100):
        pass
    sock.close()
    same(api.exec_inspect(exec_id)['Running'], True)


@call('mounts')
def _():
    same(made['one'].exec_run(['sh', '-c', 'echo word >/kept/file; df -k /scratch | tail -n 1 | tr -s " " | cut -d " " -f 2; ulimit -n; cat /proc/sys/net/core/somaxconn; grep -c elsewhere /etc/hosts']).output, b'1024\n512\n512\n1\n')


@call('container.put_archive')
def _():
    same(made['one'].put_archive('/tmp', tar_of(put='text\n')), True)
    same(made['one'].exec_run(['cat', '/tmp/put']).output, b'text\n')


@call('container.get_archive')
def _():
    chunks, status = made['one'].get_archive('/tmp/put')
    same([status['name'], status['size'], file_in(chunks, 'put')], ['put', 5, 'text\n'])
    raises(NotFound, '', lambda: made['one'].get_archive('/no/such/file'))


@call('container.diff')
def _():
    within({'Path': '/tmp/put', 'Kind': 1}, made['one'].diff())


@call('container.export')
def _():
    within('tmp/put', [name.lstrip('./') for name in tarfile.open(fileobj=io.BytesIO(b''.join(made['one'].export()))).getnames()])


@call('container.commit')
def _():
    image = made['one'].commit('docker-py-committed', tag='1', author='ada', message='why', changes='CMD ["cat", "/tmp/put"]')
    same(image.attrs['Config']['Cmd'], ['cat', '/tmp/put'])


@call('container.top')
def _():
    top = made['one'].top()
    within('PID', top['Titles'])
    within('sleep 1', str(top['Processes']) + 'sleep 1')


@call('container.stats')
def _():
    stats = made['one'].stats(stream=False)
    assert stats['memory_stats']['usage'] > 0
    within('eth0', stats['networks'])


@call('container.stats as a stream')
def _():
    stream = made['one'].stats(decode=True)
    within('cpu_stats', next(stream))
    stream.close()


@call('health')
def _():
    end = time.monotonic() + LIMIT
    while (health := api.inspect_container(made['one'].id)['State']['Health'])['Status'] == 'starting' and time.monotonic() < end:
        time.sleep(0.1)
    same(health['Status'], 'healthy')


@call('container.rename')
def _():
    made['one'].rename('docker-py-renamed')
    same(client.containers.get('docker-py-renamed').id, made['one'].id)


@call('container.update')
def _():
    made['one'].update(restart_policy={'Name': 'no'}, cpu_shares=512)
    made['one'].reload()
    same([made['one'].attrs['HostConfig']['RestartPolicy']['Name'], made['one'].attrs['HostConfig']['CpuShares']], ['no', 512])


@call('container.pause')
def _():
    made['one'].pause()
    made['one'].reload()
    same(made['one'].status, 'paused')


@call('container.unpause')
def _():
    made['one'].unpause()
    made['one'].reload()
    same(made['one'].status, 'running')


@call('network.disconnect')
def _():
    made['net'].disconnect(made['one'])
    made['one'].reload()
    same(list(made['one'].attrs['NetworkSettings']['Networks']), [])


@call('network.connect')
def _():
    made['net'].connect(made['one'], aliases=['other'], ipv4_address='10.93.8.40')
    made['one'].reload()
    endpoint = made['one'].attrs['NetworkSettings']['Networks']['docker-py-net']
    same([endpoint['IPAddress'], 'other' in endpoint['Aliases']], ['10.93.8.40', True])


@call('network.containers')
def _():
    made['net'].reload()
    same([container.id for container in made['net'].containers], [made['one'].id])


@call('network.remove of one in use')
def _():
    raises(APIError, 'active endpoints', made['net'].remove)


@call('volume.remove of one in use')
def _():
    same(raises(APIError, 'in use', made['volume'].remove).status_code, 409)


@call('container.remove of one that runs')
def _():
    same(raises(APIError, 'container is running', made['one'].remove).status_code, 409)


@call('attach_socket')
def _():
    sock = plain(made['one'].attach_socket(params={'stdout': 1, 'logs': 1, 'stream': 1}))
    within(b'out\n', read_until(sock, b'out\n'))
    sock.close()


@call('container.wait and container.kill')
def _():
    ended = []
    waiting = threading.Thread(target=lambda: ended.append(made['one'].wait(timeout=LIMIT)['StatusCode']))
    waiting.start()
    made['one'].kill(signal='SIGTERM')
    waiting.join(LIMIT)
    same(ended, [4])


@call('container.attach to what it has written')
def _():
    within(b'out\n', made['one'].attach(stdout=True, stderr=False, stream=True, logs=True).__next__())


@call('container.restart')
def _():
    made['one'].restart(timeout=5)
    made['one'].reload()
    same([made['one'].status, made['one'].exec_run(['cat', '/kept/file']).output], ['running', b'word\n'])


@call('container.stop')
def _():
    made['one'].stop(timeout=20)
    made['one'].reload()
    same([made['one'].status, made['one'].attrs['State']['ExitCode']], ['exited', 4])


@call('container.stop of one that is stopped')
def _():
    made['one'].stop()


@call('containers.run')
def _():
    same(client.containers.run('docker-py-built', remove=True, labels=LABELS), b'built\n')


@call('containers.run that fails')
def _():
    error = raises(ContainerError, 'wrong', lambda: client.containers.run('box', ['sh', '-c', 'echo wrong >&2; exit 3'], remove=True, network_mode='none'))
    same(error.exit_status, 3)


@call('containers.run with a network of its own settings')
def _():
    config = api.create_networking_config({'docker-py-net': EndpointConfig(api._version, ipv4_address='10.93.8.50', aliases=['fixed'])})
    made['two'] = api.create_container('box', ['true'], labels=LABELS, networking_config=config, host_config=api.create_host_config(network_mode='docker-py-net'))['Id']
    same(api.inspect_container(made['two'])['NetworkSettings']['Networks']['docker-py-net']['IPAMConfig']['IPv4Address'], '10.93.8.50')


@call('events')
def _():
    actions = [event['Action'] for event in client.events(since=0, until=int(time.time()) + 1, filters={'container': made['one'].id}, decode=True)]
    for action in ('create', 'start', 'rename', 'pause', 'unpause', 'kill', 'die', 'stop'):
        within(action, actions)


# The end.

@call('container.remove')
def _():
    made['one'].remove(v=True)
    raises(NotFound, '', made['one'].reload)


@call('containers.prune')
def _():
    same(client.containers.prune(filters=FILTER)['ContainersDeleted'], [made['two']])


@call('network.remove')
def _():
    made['net'].remove()
    same(client.networks.list(filters=FILTER), [])


@call('networks.prune')
def _():
    client.networks.create('docker-py-pruned', labels=LABELS)
    same(client.networks.prune(filters=FILTER)['NetworksDeleted'], ['docker-py-pruned'])


@call('volume.remove')
def _():
    made['volume'].remove()
    same(client.volumes.list(filters=FILTER), [])


@call('volumes.prune')
def _():
    name = client.volumes.create(labels=LABELS).name
    same(client.volumes.prune(filters={'label': ['of=docker-py']})['VolumesDeleted'], [name])


def clean():
    """Removes what a failed call has left."""
    for container in client.containers.list(all=True, filters=FILTER):
        container.remove(force=True, v=True)
    for found in [*client.networks.list(filters=FILTER), *client.volumes.list(filters=FILTER)]:
        found.remove()
    for image in client.images.list():
        for tag in image.tags:
            if tag.startswith('docker-py-'):
                client.images.remove(tag, force=True)


failed = 0
for name, function in calls:
    try:
        function()
        print(f'ok {name}', flush=True)
    except Exception as error:
        failed += 1
        line = traceback.extract_tb(error.__traceback__)[0].lineno
        line = next((frame.lineno for frame in reversed(traceback.extract_tb(error.__traceback__)) if frame.filename == __file__ and frame.name not in ('same', 'within', 'raises')), line)
        print(f'failed {name}: line {line}: {type(error).__name__}: {" ".join(str(error).split())[:500]}', flush=True)

clean()
client.close()
sys.exit(1 if failed else 0)
