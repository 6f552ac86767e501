namespace PreferenceLosses.Tests.Text.Reading;

/// <summary>Texts that try to hurt: to run something, to take long, to fill memory, to overflow the stack, to break the reader.</summary>
internal static class HostileTexts
{
    private static readonly string[] Escapes =
    [
        "__import__('os').system('rm -rf /')", "eval('1')", "exec('x = 1')", "open('/etc/passwd').read()", "compile('1', '', 'eval')", "globals()", "locals()",
        "vars(self)", "dir(self)", "getattr(self, 'beta')", "setattr(self, 'beta', 1)", "delattr(self, 'beta')", "type(self)", "type('X', (), {})", "super()",
        "object()", "self.__class__.__mro__", "self.__dict__", "lw.__class__.__bases__[0].__subclasses__()", "lw.__reduce__()", "().__class__", "''.__class__",
        "[].append(1)", "(1).__class__", "torch.__builtins__", "torch.load('x.pt')", "torch.save(lw, 'x.pt')", "torch.hub.load('a/b', 'c')", "torch.jit.script(lw)",
        "torch.utils.cpp_extension.load('x')", "torch.ops.load_library('x.so')", "torch.classes.load_library('x.so')", "torch.multiprocessing.spawn(1)",
        "torch.distributed.init_process_group('gloo')", "torch.from_file('x')", "torch.compile(lw)", "torch.cuda.synchronize()", "torch.set_num_threads(1)",
        "torch.manual_seed(0)", "torch.autograd.grad(lw, ll)", "torch.autograd.Function", "torch.nn.Parameter(lw)", "torch.nn.Module()", "F.torch.load('x')",
        "math.__loader__", "math.factorial(100000)", "input()", "print(lw)", "breakpoint()", "exit()", "quit()", "help()", "memoryview(b'')", "bytearray(10**10)",
        "range(10**10)", "list(range(10**9))", "sum(lw)", "map(abs, lw)", "sorted(lw)", "iter(lw)", "next(lw)", "id(lw)", "hash(lw)", "isinstance(lw, int)", "callable(lw)",
        "lw.numpy()", "lw.cpu()", "lw.cuda()", "lw.tolist()", "lw.item()", "lw.storage()", "lw.data_ptr()", "lw.share_memory_()", "lw.register_hook(print)",
        "lw.backward()", "lw.grad", "lw.requires_grad_()", "lw.set_(ll)", "lw.resize_(10)", "lw.copy_(ll)", "lw.fill_(0)", "lw.apply_(abs)", "lw.map_(ll, abs)",
        "self.model(lw)", "self.accelerator", "self.tokenizer.decode(1)", "self.running.update(lw)", "self.beta.__class__", "self()", "self[0]", "self + lw", "self.save()",
        "os.system('x')", "sys.exit()", "subprocess.run('x')", "socket.socket()", "requests.get('http://x')", "pickle.loads(b'')", "importlib.import_module('os')",
        "torch.ones(10**9)", "torch.zeros((10**6, 10**6))", "torch.arange(10**12)", "torch.eye(10**5)", "torch.rand(3)", "torch.randn_like(lw)", "torch.normal(lw)",
        "lw.repeat(10**6)", "lw.expand(10**9, -1)", "lw.view(-1, 1) * lw", "lw.unsqueeze(1)", "lw[:, None]", "lw[None]", "lw[...]", "lw[lw > 0]", "torch.outer(lw, lw)",
        "10 ** 10 ** 10 * lw", "9 ** 9 ** 9 ** 9 * lw", "(-1) ** 0.5 * lw", "1e308 * 1e308 * lw", "1 / 0 * lw", "0.0 / 0.0 * lw", "math.log(0) * lw", "math.log(-1) * lw",
        "math.sqrt(-1) * lw", "math.exp(1000) * lw", "math.inf * lw", "torch.inf * lw", "float('inf') * lw", "float('nan') * lw", "float(lw)", "int(lw)", "len(5)", "abs('x')",
        "lw << 2", "lw % 2", "lw // 2", "lw @ ll", "lw and ll", "not lw", "lw in ll", "lw is ll", "lw if lw else ll", "lw < ll < rw", "'a' * lw", "lw + 'a'", "lw + None",
        "lw + (ll,)", "lw + True + 'x'", "-'a'", "~lw", "~5 * lw", "torch", "torch.exp", "F", "math", "lw.mean", "lw.shape", "lw.dtype", "lw.device", "None", "True", "'loss'",
        "()", "[]", "(lw, ll)", "[lw]", "lw.mean()", "lw.sum()", "lw > 0", "lw.long()", "torch.argsort(lw)", "torch.cat((lw,))", "torch.cat((lw, ll, rw))", "torch.cat(lw)",
        "torch.cat((lw, lw.mean()))", "torch.cat((torch.cat((lw, ll)), rw))", "torch.exp()", "torch.exp(lw, lw, lw)", "torch.exp(x=lw)", "torch.exp(input=lw, input=lw)",
        "torch.exp(*lw)", "torch.exp(**lw)", "torch.where(lw > 0)", "torch.clamp(lw, 'a')", "lw.quantile(2)", "lw.quantile(lw)", "lw.norm(-1)", "lw.roll(10**9)", "lw.roll(0.5)",
        "torch.roll(lw, -99)", "lw.var(correction=7)", "lw.mean(dim=3)", "lw.softmax(5)", "F.gelu(lw, approximate='x')", "F.mse_loss(lw, ll, reduction='x')", "lw.to('cpu', 'x', 'y', 'z', 'w')",
        "lambda: lw", "(yield)", "await lw", "{lw}", "{'a': lw}", "{**lw}", "[x for x in lw]", "(x for x in lw)", "f'{lw}'", "b'x'", "rb'x'", "u'x'", "0x1F * lw", "0b1 * lw",
        "1__0 * lw", "1e * lw", "01 * lw", "1j * lw", "1.2.3 * lw", "99999999999999999999 * lw", "1e400 * lw", "lw; import os", "lw\\x", "lw $", "lw ?", "lw !", "`lw`", "lw...x", "lw..x",
    ];

    private static readonly string[] Wholes =
    [
        "", " ", "\n", "\n\n\n", "#", "def", "def f", "def f(", "def f()", "def f():", "def f(self", "def f(self,", "def f(self, lw, ll, rw, rl", "def f(self, lw, ll, rw, rl)",
        "def f(self, lw, ll, rw, rl):", "def f(self, lw, ll, rw, rl) ->", "def f(self, lw, ll, rw, rl) -> :", "def f(self, lw, ll, rw, rl): return", "def f(self, lw, ll, rw, rl): return lw +",
        "def f(self, lw, ll, rw, rl):\n", "def f(self, lw, ll, rw, rl):\n    ", "def f(self, lw, ll, rw, rl):\n    return (lw", "def f(self, lw, ll, rw, rl):\n    return 'lw",
        "def f(self, lw, ll, rw, rl):\n    '''never closed", "def f(self, lw, ll, rw, rl):\n    return lw[", "def f(self, lw, ll, rw, rl):\n    return {", "def f(self, lw, ll, rw, rl):\n\treturn lw\n        return lw",
        "def f(self, lw, ll, rw, rl):\n  return lw\n return lw", "    def f(self, lw, ll, rw, rl):\n  return lw", "def f(self, lw=1, ll): return lw", "def f(self, self, lw): return lw", "def def(self): return 1",
        "def f(lw, ll, rw, rl, (a, b)): return lw", "def f(self, lw, ll, rw, rl, /): return lw", "def f(self, lw, ll, rw, rl, *): return lw", "def f(self, lw, ll, rw, rl, x=lw): return lw", "class f: pass",
        "import os\ndef f(self, lw, ll, rw, rl): return lw", "from os import *\ndef f(self, lw, ll, rw, rl): return lw", "from . import x\ndef f(self, lw, ll, rw, rl): return lw", "import torch.os\ndef f(self, lw, ll, rw, rl): return lw",
        "while True: pass", "raise SystemExit", "x = [0] * 10 ** 10", "```", "``````", "```\n```", "```python\ndef f(:", "\0", "def f(self, lw, ll, rw, rl): return lw\0", "def f(self, lw, ll, rw, rl): return lw\u0001",
        "\uFEFF\uFEFF\uFEFF", "\u2028def f(self): return 1", "def f(self, lw, ll, rw, rl): return l\u0430", "def \uFF46(self, lw, ll, rw, rl): return lw", "def f(self, lw, ll, rw, rl): return \U0001D4C1w", "def f(self, lw, ll, rw, rl): return lw\u202E",
        "\uD800", "def f(self, lw, ll, rw, rl): return '\uDC00'", "\\", "\\\n", "def f(self, lw, ll, rw, rl): return lw \\", ")", "]", "}", "((((", "))))", "([)]", ":", ":::", ",,,", "@@@", "->->", "**", "''''''", "\"\"\"", "'", "\"", "'\\'",
        "return lw", "lambda: 0", "async def f(self, lw, ll, rw, rl): return lw", "match lw:\n    case 1: pass", "type X = int", "global x", "del lw", "assert False", "print('x')", "%timeit f", "!rm -rf /", ">>> f()", "$x", "<html>", "{\"code\": \"def f\"}",
    ];

    /// <summary>Every text, with a name for messages.</summary>
    public static IEnumerable<(string Name, string Text)> All()
    {
        foreach (var escape in Escapes)
        {
            yield return (escape, Reading.Function($"return {escape}"));
        }

        foreach (var whole in Wholes)
        {
            yield return (whole, whole);
        }

        foreach (var (name, body) in Bombs())
        {
            yield return (name, Reading.Function(body));
        }
    }

    private static IEnumerable<(string Name, string Body)> Bombs()
    {
        static string Times(string part, int count) => string.Concat(Enumerable.Repeat(part, count));
        yield return ("63 parentheses", $"return {Times("(", 63)}lw{Times(")", 63)}");
        yield return ("5000 parentheses", $"return {Times("(", 5000)}lw{Times(")", 5000)}");
        yield return ("8000 open parentheses", $"return {Times("(", 8000)}");
        yield return ("mixed brackets", $"return {Times("([", 3000)}");
        yield return ("5000 signs", $"return {Times("-", 5000)}lw");
        yield return ("5000 nots", $"return {Times("not ", 3000)}True");
        yield return ("3000 powers", $"return lw{Times("**2", 3000)}");
        yield return ("4000 terms", $"return lw{Times("+lw", 4000)}");
        yield return ("3000 attributes", $"return lw{Times(".data", 2500)}");
        yield return ("1500 calls", $"return lw{Times(".exp()", 1500)}");
        yield return ("nested calls", $"return {Times("torch.exp(", 1000)}lw{Times(")", 1000)}");
        yield return ("nested conditionals", $"return {Times("lw if True else ", 900)}lw");
        yield return ("nested subscripts", $"return lw{Times("[0", 2000)}{Times("]", 2000)}");
        yield return ("a tuple of 5000", $"return ({Times("lw,", 5000)})[4999]");
        yield return ("nested tuples", $"return {Times("(", 60)}lw{Times(",)", 60)}{Times("[0]", 60)}");
        yield return ("doubling", $"x = lw\n{Times("x = x + x\n", 300)}return x");
        yield return ("squaring", $"x = lw\n{Times("x = x * x + x\n", 300)}return x");
        yield return ("squaring in one name", $"x = lw * 1\n{Times("x *= x\n", 390)}return x");
        yield return ("500 statements", $"{Times("x = lw\n", 500)}return x");
        yield return ("500 statements on a line", $"{Times("x=lw;", 500)}return x");
        yield return ("integer doubling", $"k = 2\n{Times("k = k * k\n", 300)}return k * lw");
        yield return ("length doubling", $"n = len(lw)\n{Times("n = n * n\n", 300)}return n * lw");
        yield return ("a long name", $"return {Times("a", 16_000)}");
        yield return ("a long attribute", $"return lw.{Times("a", 16_000)}");
        yield return ("a long number", $"return lw * 0.{Times("1", 16_000)}");
        yield return ("a long exponent", $"return lw * 1e{Times("9", 10_000)}");
        yield return ("a long integer", $"return lw * {Times("9", 10_000)}");
        yield return ("a long string", $"return lw + '{Times("a", 15_000)}'");
        yield return ("a string that is nearly closed", $"return lw + '{Times("a", 15_000)}");
        yield return ("a long comment", $"return lw # {Times("don't ", 2600)}");
        yield return ("15000 blank lines", $"{Times("\n", 15_000)}return lw");
        yield return ("15000 spaces", $"return{Times(" ", 15_000)}lw");
        yield return ("15000 tabs", $"return{Times("\t", 15_000)}lw");
        yield return ("deeper and deeper", string.Concat(Enumerable.Range(1, 150).Select(i => $"{Times(" ", i)}x = lw\n")));
        yield return ("line continuations", $"return lw {Times("\\\n", 7000)}");
        yield return ("7000 fences", Times("```\n", 4000));
        yield return ("5000 quotes", Times("'", 5000));
        yield return ("odd quotes on many lines", Times("x = 'none)\n", 1400));
        yield return ("many parentheses on many lines", Times("()\n", 5000));
        yield return ("400 sorts", $"x = lw\n{Times("x = torch.sort(x).values\n", 390)}return x");
        yield return ("400 batch means", $"x = lw\n{Times("x = x - x.mean()\n", 390)}return x");
        yield return ("400 deviations", $"x = lw\n{Times("x = x / x.std()\n", 390)}return x");
        yield return ("400 quantiles", $"x = lw\n{Times("x = x - x.quantile(0.5)\n", 390)}return x");
        yield return ("400 medians", $"x = lw\n{Times("x = x - x.median()\n", 390)}return x");
        yield return ("400 rolls", $"x = lw\n{Times("x = x - x.roll(8)\n", 390)}return x");
        yield return ("50 errors", $"{Times("x = torch.nothing(lw)\n", 50)}return x");
        yield return ("unknown names", $"return {string.Join("+", Enumerable.Range(0, 1500).Select(i => $"n{i}"))}");
        yield return ("400 variables", $"{string.Concat(Enumerable.Range(0, 390).Select(i => $"v{i} = lw * {i}\n"))}return v1");
        yield return ("400 variables, all used", $"{string.Concat(Enumerable.Range(0, 390).Select(i => $"v{i} = lw * {i} + {(i == 0 ? "ll" : $"v{i - 1}")}\n"))}return v389");
        yield return ("wide annotations", $"x: {Times("a[", 5000)} = lw\nreturn x");
        yield return ("homoglyphs", "retսrn lw");
        yield return ("a whole text too long", Times("x", 100_000));
    }
}
