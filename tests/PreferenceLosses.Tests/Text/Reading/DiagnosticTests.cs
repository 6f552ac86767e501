using PreferenceLosses.Text;
using static PreferenceLosses.Tests.Text.Reading.Reading;

namespace PreferenceLosses.Tests.Text.Reading;

/// <summary>What is not accepted is refused with the place, the reason and what to write instead.</summary>
public class DiagnosticTests
{
    /// <summary>Body, kind, line and column (from the function's first line), a part of the message, a part of the advice.</summary>
    public static TheoryData<string, LossDiagnosticKind, int, int, string, string> Refused => new()
    {
        { "for i in range(3):\n    lw = lw + i\nreturn lw", LossDiagnosticKind.Statement, 2, 5, "'for' loops", "all pairs at once" },
        { "while True:\n    pass", LossDiagnosticKind.Statement, 2, 5, "'while' loops", "all pairs at once" },
        { "if lw > 0:\n    return lw\nreturn ll", LossDiagnosticKind.Statement, 2, 5, "'if' statements", "torch.where" },
        { "with torch.no_grad():\n    k = lw.mean()\nreturn k * lw", LossDiagnosticKind.Statement, 2, 5, "'with' blocks", ".detach()" },
        { "try:\n    return lw\nexcept: pass", LossDiagnosticKind.Statement, 2, 5, "'try' blocks", "throws" },
        { "assert lw.size(0) > 1\nreturn lw", LossDiagnosticKind.Statement, 2, 5, "'assert'", "Leave it out" },
        { "def g(x): return x\nreturn g(lw)", LossDiagnosticKind.Statement, 2, 5, "Functions within functions", "where it is used" },
        { "g = lambda x: x\nreturn g(lw)", LossDiagnosticKind.Statement, 2, 9, "'lambda'", "where it is used" },
        { "return torch.stack([x for x in lw])", LossDiagnosticKind.Statement, 2, 27, "Comprehensions", "all pairs at once" },
        { "return (x := lw)", LossDiagnosticKind.Statement, 2, 15, "':='", "line of its own" },
        { "global k\nreturn lw", LossDiagnosticKind.Statement, 2, 5, "'global'", "keeps nothing" },
        { "return {1: lw}", LossDiagnosticKind.Statement, 2, 12, "Dictionaries", "variables" },
        { "import os\nreturn lw", LossDiagnosticKind.Import, 2, 5, "'os'", "torch" },
        { "import numpy as np\nreturn np.exp(lw)", LossDiagnosticKind.Import, 2, 5, "'numpy'", "torch" },
        { "return np.exp(lw)", LossDiagnosticKind.Import, 2, 12, "NumPy", "torch" },
        { "return getattr(self, 'beta') * lw", LossDiagnosticKind.Name, 2, 12, "'getattr'", "" },
        { "return __import__('os')", LossDiagnosticKind.Name, 2, 12, "'__import__'", "" },
        { "return lw.__class__", LossDiagnosticKind.Name, 2, 14, "'__class__'", "" },
        { "return self.tau * lw", LossDiagnosticKind.Name, 2, 16, "'self.tau'", "'tau=0.1'" },
        { "return torch.sigmiod(lw)", LossDiagnosticKind.Name, 2, 17, "'sigmiod'", "Did you mean 'sigmoid'?" },
        { "return torch.load(lw)", LossDiagnosticKind.Name, 2, 17, "reads and writes nothing", "" },
        { "self.x = lw\nreturn lw", LossDiagnosticKind.State, 2, 9, "Attributes cannot be written", "variable" },
        { "lw[0] = 0\nreturn lw", LossDiagnosticKind.State, 2, 7, "Elements of tensors cannot be written", "torch.where" },
        { "lw += 1\nreturn lw", LossDiagnosticKind.State, 2, 5, "the caller's", "lw = lw + …" },
        { "a = lw * 2\nb = a\na += 1\nreturn b", LossDiagnosticKind.State, 4, 5, "another name", "a = a + …" },
        { "k = lw.mean()\nk += lw\nreturn k", LossDiagnosticKind.Shape, 3, 5, "tensor of one number", "k = k + …" },
        { "return lw.clamp_(min=0)", LossDiagnosticKind.State, 2, 14, "in place", ".clamp(" },
        { "return lw * lw.mean().item()", LossDiagnosticKind.Type, 2, 26, "no gradient", ".detach()" },
        { "lw.sum().backward()\nreturn lw", LossDiagnosticKind.State, 2, 13, "only returns its values", "differentiates" },
        { "return lw * torch.rand_like(lw)", LossDiagnosticKind.Random, 2, 22, "same value for the same batch", "Leave it out" },
        { "return F.dropout(lw)", LossDiagnosticKind.Random, 2, 13, "same value", "Leave it out" },
        { "return lw.view(-1)", LossDiagnosticKind.Shape, 2, 14, "one value per pair", "reductions" },
        { "return lw[0] * ll", LossDiagnosticKind.Shape, 2, 14, "Elements of a tensor", "torch.where" },
        { "return lw[1:]", LossDiagnosticKind.Shape, 2, 16, "Slices", "torch.where" },
        { "return torch.matmul(lw, ll) * lw", LossDiagnosticKind.Shape, 2, 17, "no matrices", "(a * b).sum()" },
        { "return torch.softmax(lw, dim=1)", LossDiagnosticKind.Shape, 2, 25, "'dim'", "" },
        { "return torch.cat((lw, ll)) * rw", LossDiagnosticKind.Shape, 2, 32, "(2N,) and (N,)", "torch.cat" },
        { "return torch.arange(3) * lw", LossDiagnosticKind.Shape, 2, 24, "as many numbers as there are pairs", "x.size(0)" },
        { "return lw.mean()", LossDiagnosticKind.Result, 2, 5, "one number for the whole batch", "leave out the last .mean()" },
        { "return lw, ll", LossDiagnosticKind.Result, 2, 5, "several values", "alone" },
        { "return lw > 0", LossDiagnosticKind.Result, 2, 5, "no gradient", "" },
        { "return 0.5", LossDiagnosticKind.Result, 2, 5, "a number", "" },
        { "return None", LossDiagnosticKind.Result, 2, 5, "None", "" },
        { "x = lw", LossDiagnosticKind.Result, 1, 5, "returns nothing", "return losses" },
        { "return 1 - (lw > 0)", LossDiagnosticKind.Type, 2, 14, "does not subtract Boolean", "~mask" },
        { "return -(lw > 0) * lw", LossDiagnosticKind.Type, 2, 12, "no negative", "~mask" },
        { "return (lw > 0) and lw", LossDiagnosticKind.Type, 2, 21, "'and'", "&" },
        { "return lw if lw > 0 else ll", LossDiagnosticKind.Type, 2, 15, "no condition", "torch.where" },
        { "return (lw > 0).mean() * lw", LossDiagnosticKind.Type, 2, 25, "takes no mean", ".float()" },
        { "return math.exp(lw)", LossDiagnosticKind.Type, 2, 20, "Python's functions take numbers", "torch" },
        { "return torch.exp(0.5) * lw", LossDiagnosticKind.Type, 2, 21, "is a number", "math.exp" },
        { "return torch.where(lw, lw, ll)", LossDiagnosticKind.Type, 2, 23, "has to be a Boolean tensor", "x > 0" },
        { "return torch.clamp(lw)", LossDiagnosticKind.Argument, 2, 23, "'min'", "" },
        { "return F.softplus(lw, gamma=1)", LossDiagnosticKind.Argument, 2, 22, "'gamma'", "softplus(input, [beta], [threshold])" },
        { "return torch.lerp(lw, ll)", LossDiagnosticKind.Argument, 2, 22, "'weight' of lerp is missing", "" },
        { "return torch.exp(lw, ll)", LossDiagnosticKind.Argument, 2, 21, "1 arguments at most", "" },
        { "return torch.max(lw, dim=0)", LossDiagnosticKind.Argument, 2, 21, "values and indices", ".amax()" },
        { "return lw * (1 / 0)", LossDiagnosticKind.Number, 2, 20, "not finite", "" },
        { "return lw * 10 ** 10 ** 10", LossDiagnosticKind.Number, 2, 20, "not finite", "" },
        { "return lw * 1e999", LossDiagnosticKind.Number, 2, 17, "not finite", "" },
        { "return lw * 99999999999999999999", LossDiagnosticKind.Number, 2, 17, "2^53", "" },
        { "return lw * 0x10", LossDiagnosticKind.Number, 2, 17, "decimal", "" },
        { "return lw * 2j", LossDiagnosticKind.Number, 2, 17, "decimal", "" },
        { "return lw.half()", LossDiagnosticKind.Type, 2, 14, "float32 or float64", "" },
        { "return lw @ ll", LossDiagnosticKind.Name, 2, 15, "'@'", "" },
        { "return f'{lw}'", LossDiagnosticKind.Syntax, 2, 12, "prefix", "plain string" },
        { "return (lw", LossDiagnosticKind.Syntax, 2, 12, "never closed", "" },
        { "return lw)", LossDiagnosticKind.Syntax, 2, 14, "closes nothing", "" },
        { "return lw +", LossDiagnosticKind.Syntax, 2, 16, "the end of the line", "" },
        { "return lw $ 2", LossDiagnosticKind.Character, 2, 15, "U+0024", "" },
        { "return ӏw", LossDiagnosticKind.Character, 2, 12, "U+04CF", "a-z" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_is_refused_says_where_why_and_what_to_write(
        string body, LossDiagnosticKind kind, int line, int column, string message, string advice)
    {
        var refused = Refusal(Body(body));
        Assert.Equal((kind, line, column), (refused.Kind, refused.Line, refused.Column));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Contains(advice, refused.Advice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("def f(self, a, b, c): return a", "'a' is no column")]
    [InlineData("def f(): return 1", "no log-probabilities")]
    [InlineData("def f(self): return 1", "no log-probabilities")]
    [InlineData("def f(self, *logps): return 1", "'*' among the parameters")]
    [InlineData("def f(self, **kwargs): return 1", "'**' among the parameters")]
    [InlineData("def f(self, lw, ll, rw, rl, lw): return lw", "'lw' is there twice")]
    [InlineData("def f(self, lw, ll, rw, rl, tau=[1]): return lw", "has to be a number")]
    [InlineData("def f(self, lw, ll, rw, rl, Tau=1): return lw * Tau", "snake_case")]
    [InlineData("def f(self, lw, ll, rw, rl, beta=0): return lw * beta", "greater than 0")]
    [InlineData("x = 1", "There is no function")]
    [InlineData("", "There is no function")]
    [InlineData("# nothing", "There is no function")]
    [InlineData("def f(self, lw, ll, rw, rl): return lw\ndef g(self, lw, ll, rw, rl): return lw", "second function")]
    [InlineData("class A:\n    def f(self, lw, ll, rw, rl): return lw", "Classes")]
    [InlineData("@torch.jit.script\ndef f(self, lw, ll, rw, rl): return lw", "Decorators")]
    [InlineData("print(1)\ndef f(self, lw, ll, rw, rl): return lw", "only imports and constants")]
    [InlineData("def f(self, lw, ll, rw, rl):\n    x = lw\n  y = lw\n    return x", "indented less")]
    [InlineData("def f(self, lw, ll, rw, rl):\n    x = lw\n      y = lw\n    return x", "indented more")]
    public void A_function_that_is_no_loss_is_refused(string text, string message)
    {
        var refused = Refusal(LossCode.Parse(text));
        Assert.Contains(message, $"{refused.Message} {refused.Advice}", StringComparison.Ordinal);
    }

    [Fact]
    public void Every_mistake_is_reported_once_and_what_follows_from_it_is_not()
    {
        var result = Body("a = torch.foo(lw)\nb = a + 1\nc = lw.item()\nreturn d + b * c");
        Assert.Equal([(2, "'foo'"), (4, "'item'"), (5, "'d'")], result.Diagnostics.Select(d => (d.Line, d.Message.Split(' ').First(w => w.StartsWith('\'')))));
        Assert.Null(result.Loss);
        Assert.Equal(3, Assert.Throws<FormatException>(result.GetLoss).Message.Split('\n').Length);
    }

    [Fact]
    public void A_diagnostic_reads_as_one_line() => Assert.Equal(
        "line 2, column 11: 'item' is not accepted: it takes a value out of the graph, where it has no gradient. Use .detach() for a value without gradient.",
        Refusal(Body("x = lw.item()\nreturn x")).ToString());
}
