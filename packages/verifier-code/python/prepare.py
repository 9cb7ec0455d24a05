# Run once, trusted, inside Pyodide, before the memory image is taken: imports what solutions import, takes away every way from
# Python to JavaScript, and leaves a plain CPython behind.
import gc
import sys
import warnings

PRELOADED = """
abc array ast asyncio base64 bisect calendar cmath collections contextlib copy dataclasses datetime decimal enum fractions
functools hashlib heapq inspect io itertools json math numbers operator pickle queue random re statistics string struct
textwrap time traceback types typing unittest uuid warnings _strptime
"""
BRIDGES = ('js', 'pyodide', '_pyodide', 'pyodide_js', '_pyodide_core', 'micropip', 'webloop')


def preload():
    import importlib
    for name in PRELOADED.split():
        importlib.import_module(name)


def remove_bridges():
    sys.excepthook = sys.__excepthook__
    for finder in list(sys.meta_path):
        owner = getattr(finder, '__module__', None) or type(finder).__module__
        if owner.split('.')[0] in BRIDGES or type(finder).__module__.split('.')[0] in BRIDGES:
            sys.meta_path.remove(finder)
    for name in list(sys.modules):
        if name.split('.')[0] in BRIDGES:
            del sys.modules[name]


def plain_event_loop():
    """asyncio without sockets: Pyodide's own loop belongs to the browser."""
    import asyncio
    import asyncio.base_events
    import asyncio.events
    import asyncio.runners
    import time

    class Selector:
        def select(self, timeout):
            if timeout:
                time.sleep(timeout)
            return []

        def close(self):
            pass

    class Loop(asyncio.base_events.BaseEventLoop):
        def __init__(self):
            super().__init__()
            self._selector = Selector()

        def _process_events(self, events):
            pass

        def _write_to_self(self):
            pass

    events = asyncio.events
    base = getattr(events, '_BaseDefaultEventLoopPolicy', None) or events.BaseDefaultEventLoopPolicy

    class Policy(base):
        _loop_factory = Loop

    (getattr(events, '_set_event_loop_policy', None) or events.set_event_loop_policy)(Policy())
    events.new_event_loop = asyncio.new_event_loop = Loop
    events._set_running_loop(None)

    def run(main, *, debug=None, loop_factory=None):
        if events._get_running_loop() is not None:
            raise RuntimeError('asyncio.run() cannot be called from a running event loop')
        with asyncio.runners.Runner(debug=debug, loop_factory=loop_factory or Loop) as runner:
            return runner.run(main)

    asyncio.runners.run = asyncio.run = run


def plain_streams():
    import io

    def stream(number, mode):
        raw = io.FileIO(number, mode, closefd=False)
        buffer = io.BufferedReader(raw) if mode == 'r' else io.BufferedWriter(raw)
        return io.TextIOWrapper(buffer, encoding='utf-8', errors='surrogateescape' if mode == 'r' else 'replace')

    sys.stdin = sys.__stdin__ = stream(0, 'r')
    sys.stdout = sys.__stdout__ = stream(1, 'w')
    sys.stderr = sys.__stderr__ = stream(2, 'w')


def install_harness(sources):
    import json
    import types
    for name, source in json.loads(sources):
        module = types.ModuleType(name)
        exec(compile(source, f'<{name}>', 'exec'), module.__dict__)
        sys.modules[name] = module


warnings.simplefilter('ignore')
preload()
remove_bridges()
plain_event_loop()
plain_streams()
install_harness(HARNESS_SOURCES)
import random
random.seed(0)
for name in ('HARNESS_SOURCES', 'PRELOADED', 'BRIDGES', 'preload', 'remove_bridges', 'plain_event_loop', 'plain_streams',
             'install_harness', 'random', 'warnings', 'name'):
    globals().pop(name, None)
gc.collect()
gc.freeze()
