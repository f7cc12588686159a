"""An S3-compatible object store on loopback: OpenStack Swift with its S3 interface, all of its servers in one process.

    python3 s3-server.py FOLDER

The folder must be on a file system with extended attributes. Prints "listening PORT" when it serves. The access key is
"test:tester", the secret "testing". Ends when its standard input closes.
"""
import os
import sys
from time import time as time_now

import eventlet

# Not threads: with Python 3.11, patching the locks that exist already never ends.
eventlet.monkey_patch(all=False, socket=True, select=True, time=True)

from eventlet import wsgi  # noqa: E402
from swift.common import utils as swift_utils  # noqa: E402

FOLDER = os.path.abspath(sys.argv[1])
DEVICE = 'd1'


def prepare_hash_configuration():
    """What /etc/swift/swift.conf holds on a server of its own: the salt of the paths' hashes, and the policies."""
    path = os.path.join(FOLDER, 'swift.conf')
    with open(path, 'w') as file:
        file.write('[swift-hash]\nswift_hash_path_suffix = test\nswift_hash_path_prefix = test\n'
                   '[storage-policy:0]\nname = only\ndefault = yes\n')
    swift_utils.SWIFT_CONF_FILE = path
    swift_utils.HASH_PATH_SUFFIX = swift_utils.HASH_PATH_PREFIX = b'test'


prepare_hash_configuration()

from swift.account.server import AccountController  # noqa: E402
from swift.common import storage_policy  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402
from swift.container.server import ContainerController  # noqa: E402
from swift.obj.server import ObjectController  # noqa: E402


class Silence:
    """A logger and a counter of statistics that keeps nothing."""

    def __getattr__(self, name):
        return lambda *args, **options: None


def listen():
    return eventlet.listen(('127.0.0.1', 0), backlog=128)


def serve(sock, app, minimum_chunk_size=None):
    eventlet.spawn(wsgi.server, sock, app, open(os.devnull, 'w'), log_output=False, keepalive=True,
                   minimum_chunk_size=minimum_chunk_size or 8192)


def build_ring(name, port):
    builder = RingBuilder(3, 1, 0)
    builder.add_dev({'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': port, 'replication_ip': '127.0.0.1',
                     'replication_port': port, 'device': DEVICE, 'weight': 1, 'meta': ''})
    builder.rebalance()
    builder.get_ring().save(os.path.join(FOLDER, name + '.ring.gz'))


def start_storage():
    devices = os.path.join(FOLDER, 'devices')
    os.makedirs(os.path.join(devices, DEVICE), exist_ok=True)
    configuration = {'devices': devices, 'swift_dir': FOLDER, 'mount_check': 'false', 'disable_fallocate': 'yes',
                     'allowed_sync_hosts': '127.0.0.1', 'conn_timeout': '20', 'node_timeout': '60'}
    for name, controller in (('account', AccountController), ('container', ContainerController),
                             ('object', ObjectController)):
        sock = listen()
        build_ring(name, sock.getsockname()[1])
        serve(sock, controller(configuration, logger=Silence()))


class Cache:
    """In place of memcached, which one process does not need."""

    def __init__(self):
        self.values = {}

    def set(self, key, value, serialize=True, time=0, min_compress_len=0, raise_on_error=False):
        self.values[key] = (value, time_now() + time if time else None)

    def get(self, key, raise_on_error=False):
        value, until = self.values.get(key, (None, None))
        return None if until is not None and until < time_now() else value

    def incr(self, key, delta=1, time=0):
        value = int(self.get(key) or 0) + delta
        self.set(key, value, time=time)
        return value

    def delete(self, key, server_key=None):
        self.values.pop(key, None)


def with_cache(app):
    cache = Cache()

    def serve_request(environment, start_response):
        environment['swift.cache'] = cache
        return app(environment, start_response)

    return serve_request


def start_proxy():
    path = os.path.join(FOLDER, 'proxy-server.conf')
    with open(path, 'w') as file:
        file.write(f"""
[DEFAULT]
swift_dir = {FOLDER}
log_level = ERROR
[pipeline:main]
pipeline = catch_errors gatekeeper listing_formats bulk s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
# On a busy machine a slow answer is no broken server.
conn_timeout = 20
node_timeout = 60
recoverable_node_timeout = 60
error_suppression_limit = 100000
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
check_bucket_owner = false
force_swift_request_proxy_log = false
min_segment_size = 5242880
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:copy]
use = egg:swift#copy
""")
    sock = listen()
    serve(sock, with_cache(loadapp(path)))
    return sock.getsockname()[1]


def end_with_parent():
    eventlet.patcher.original('os').read(0, 1)
    os._exit(0)


storage_policy.reload_storage_policies()
start_storage()
port = start_proxy()
eventlet.patcher.original('threading').Thread(target=end_with_parent, daemon=True).start()
print(f'listening {port}', flush=True)
while True:
    eventlet.sleep(3600)
