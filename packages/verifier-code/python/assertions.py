# Counts assertions one by one, so that the first failure does not hide the rest: `assert test` becomes
# `tally.record(lambda: test, line)` in the tests' syntax tree. Only statements are walked: tests are often large literals.
import ast
import importlib.util

from thinkwright_channels import describe

TALLY = '__thinkwright_tally__'
BLOCKS = ('body', 'orelse', 'finalbody')
BRANCHES = ('handlers', 'cases')
# A lambda would bind or give these away.
BINDING = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)
BINDING_TEXT = (':=', 'await', 'yield')


class Tally:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.first = None
        self.out_of_memory = False

    def record(self, test, line):
        try:
            ok, why = bool(test()), 'the assertion is false'
        except Exception as error:
            ok, why = False, ': '.join(describe(error))
            self.out_of_memory = self.out_of_memory or isinstance(error, MemoryError)
        self.count(ok, line, why)

    def count(self, ok, line, why='the assertion is false'):
        if ok:
            self.passed += 1
            return
        if self.first is None:
            self.first = {'index': self.passed + self.failed, 'line': line, 'message': why}
        self.failed += 1


def counted(source):
    """The code of the tests, how many assertions and raises stand in them, and the first module that they need and is not there."""
    tree = ast.parse(source)
    may_bind = any(text in source for text in BINDING_TEXT)
    found = rewrite(tree, may_bind)
    return compile(tree, '<tests>', 'exec'), found, first_missing(tree)


def rewrite(node, may_bind):
    found = 0
    for block in BLOCKS:
        statements = getattr(node, block, None)
        if type(statements) is not list:
            continue
        for i, statement in enumerate(statements):
            if type(statement) is ast.Assert:
                # In the body of a class a lambda would not see the names of the class.
                inline = type(node) is ast.ClassDef or (may_bind and binds(statement.test))
                statements[i] = counting_call(statement, inline)
                found += 1
            elif type(statement) is ast.Raise:
                found += 1
            else:
                found += rewrite(statement, may_bind)
    for branch in BRANCHES:
        for part in getattr(node, branch, ()):
            found += rewrite(part, may_bind)
    return found


def binds(test):
    return any(isinstance(part, BINDING) for part in ast.walk(test))


def counting_call(statement, inline):
    place = {name: getattr(statement, name) for name in ('lineno', 'col_offset', 'end_lineno', 'end_col_offset')}
    test = statement.test
    if not inline:
        empty = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        test = ast.Lambda(empty, test, **place)
    tally = ast.Name(TALLY, ast.Load(), **place)
    method = ast.Attribute(tally, 'count' if inline else 'record', ast.Load(), **place)
    line = ast.Constant(statement.lineno, **place)
    return ast.Expr(ast.Call(method, [test, line], [], **place), **place)


def first_missing(tree):
    """Of the modules imported at the top level: without them the tests cannot say anything about a solution."""
    for statement in tree.body:
        if type(statement) is ast.Import:
            names = [alias.name for alias in statement.names]
        elif type(statement) is ast.ImportFrom and statement.level == 0:
            names = [statement.module]
        else:
            continue
        for name in names:
            try:
                spec = importlib.util.find_spec(name.partition('.')[0])
            except ValueError:
                # A module without a specification: it is there.
                continue
            if spec is None:
                return name
    return None
