# The tests' side: `check` runs trusted tests, whose free names are stand-ins that call across to the solution; `check_here` runs
# tests that need live objects beside the solution itself; `judge` asks a trusted program about printed output.
import builtins
import collections
import random
import sys

from thinkwright_assertions import TALLY, Tally, counted
from thinkwright_channels import ask, describe, read_request, write_result
from thinkwright_values import decode, encode


class SolutionGone(BaseException):
    pass


class SolutionError(Exception):
    pass


class Scope(dict):
    """Globals of the tests: what is neither defined there, nor builtin, nor standard library is the solution's."""
    # The setup has nothing of the solution: its errors are its own.
    ready = False

    def __missing__(self, name):
        if not self.ready or name in builtins.__dict__:
            raise KeyError(name)
        value = __import__(name) if name in sys.stdlib_module_names else stand_in(name)
        self[name] = value
        return value


def stand_in(name):
    def call(*items, **named):
        request = {'f': name, 'a': [encode(item) for item in items], 'k': {key: encode(item) for key, item in named.items()}}
        answer = ask(request)
        if 'dead' in answer:
            raise SolutionGone()
        if 'error' in answer:
            raise error_from(*answer['error'])
        for item, after in zip(items, answer.get('args', ())):
            refill(item, decode(after))
        return decode(answer['ok'])
    call.__name__ = call.__qualname__ = name
    return call


def error_from(name, message):
    kind = getattr(builtins, name, None)
    # Those that end loops would end the loops of the tests.
    silent = name in ('StopIteration', 'StopAsyncIteration')
    if isinstance(kind, type) and issubclass(kind, Exception) and not silent:
        try:
            return kind(message)
        except Exception:
            pass
    return SolutionError(f'{name}: {message}')


def refill(target, source):
    """Changes that the solution made to its arguments are made here too."""
    if type(target) is not type(source):
        return
    if isinstance(target, (list, bytearray)):
        target[:] = source
    elif isinstance(target, (dict, set)):
        target.clear()
        target.update(source)
    elif isinstance(target, collections.deque):
        target.clear()
        target.extend(source)


def check():
    def names_of_solution(scope):
        return {name: stand_in(name) for name in job['entryPoints']}
    job = read_request()
    run_tests(job, Scope(__name__='__checker__'), names_of_solution)


def check_here():
    """In the solution's own interpreter: its objects are live here, and it could forge the result."""
    def names_of_solution(scope):
        names = sys.modules['solution'].__dict__
        return {name: value for name, value in names.items() if name not in scope or name in job['entryPoints']}
    job = read_request()
    run_tests(job, {'__name__': '__checker__'}, names_of_solution)


def run_tests(job, scope, names_of_solution):
    random.seed(job['seed'])
    tally = Tally()
    try:
        if job['setup']:
            exec(compile(job['setup'], '<setup>', 'exec'), scope)
        tests, assertions, missing = counted(job['tests'])
    except BaseException as error:
        write_result({'bad': ': '.join(describe(error))})
        return
    if missing:
        write_result({'bad': f'they import {missing}, which is not there'})
        return
    if assertions == 0:
        write_result({'empty': True})
        return
    scope.update(names_of_solution(scope))
    if isinstance(scope, Scope):
        scope.ready = True
    scope[TALLY] = tally
    ended = None
    try:
        exec(tests, scope)
    except SolutionGone:
        # Said by the host, or forged by the solution: in both cases the tests were not run to their end.
        ended = 'the solution is gone'
    except BaseException as error:
        ended = ': '.join(describe(error))
        tally.out_of_memory = tally.out_of_memory or isinstance(error, MemoryError)
    write_result({'passed': tally.passed, 'failed': tally.failed, 'first': tally.first, 'ended': ended,
                  'outOfMemory': tally.out_of_memory})


def judge():
    job = read_request()
    try:
        scope = {'__name__': '__checker__'}
        exec(compile(job['code'], '<checker>', 'exec'), scope)
        write_result({'accepted': scope['check'](job['input'], job['output'], job['expected']) is True})
    except BaseException as error:
        write_result({'bad': ': '.join(describe(error))})
