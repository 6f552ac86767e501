using System.Text.RegularExpressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Text;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Text.Writing;

/// <summary>Losses as LaTeX. There is no TeX here: what can break a compilation is counted instead.</summary>
public class LatexTests
{
    /// <summary>What the text may use: commands of LaTeX, amsmath and amssymb, and Greek letters.</summary>
    private static readonly HashSet<string> Commands =
    [
        "begin", "end", "ell", "frac", "partial", "sum", "operatorname", "mathrm", "mathbb", "left", "right", "text", "log", "ln", "max", "min", "sqrt",
        "sin", "cos", "tanh", "arctan", "sigma", "pi", "theta", "beta", "lambda", "tau", "rho", "alpha", "gamma", "delta", "Delta", "epsilon", "mu",
        "le", "ge", "ne", "land", "lor", "infty", "cdot", "bar", "hat",
    ];

    [Fact]
    public void DiscoPop() => Assert.Equal(
        """
        \begin{align*}
        \ell &= \sigma\left(-\frac{x}{\tau}\right) \, \operatorname{softplus}(-x) + e^{\ln\sigma\left(\frac{x}{\tau}\right) - x} \\
        x &= \beta \, \rho \\
        \rho &= c_w - c_l \\
        c_w &= \log\pi_\theta(y_w) - \log\pi_{\mathrm{ref}}(y_w) \\
        c_l &= \log\pi_\theta(y_l) - \log\pi_{\mathrm{ref}}(y_l) \\
        \frac{\partial \ell}{\partial \log\pi_\theta(y_w)} &= \beta \, \left(-e^{\ln\sigma\left(\frac{x}{\tau}\right) - x} - \sigma\left(-\frac{x}{\tau}\right) \, \sigma(-x) + \frac{e^{\ln\sigma\left(\frac{x}{\tau}\right) - x} \, \sigma\left(-\frac{x}{\tau}\right) - \operatorname{softplus}(-x) \, \sigma\left(-\frac{x}{\tau}\right) \, \sigma\left(\frac{x}{\tau}\right)}{\tau}\right) \\
        \frac{\partial \ell}{\partial \log\pi_\theta(y_l)} &= -\frac{\partial \ell}{\partial \log\pi_\theta(y_w)} \\
        \frac{\partial \ell}{\partial \log\pi_{\mathrm{ref}}(y_w)} &= -\frac{\partial \ell}{\partial \log\pi_\theta(y_w)} \\
        \frac{\partial \ell}{\partial \log\pi_{\mathrm{ref}}(y_l)} &= \frac{\partial \ell}{\partial \log\pi_\theta(y_w)}
        \end{align*}

        """.ReplaceLineEndings("\n"),
        new DiscoPopLoss().ToLatex());

    [Fact]
    public void KtoPair_has_means_and_PADLL_an_indicator()
    {
        Assert.Contains(@"k_l &= \max\left(\frac{1}{N}\sum_i c_l, 0\right) \\", new KtoPairLoss().ToLatex(), StringComparison.Ordinal);
        Assert.Contains(@"\ell &= 0.9 \, (1 - 0.5 \, \mathbb{1}[\rho < 0]) \, \operatorname{softplus}(-x) \\", new PadllLoss().ToLatex(), StringComparison.Ordinal);
        Assert.Contains(@"\begin{cases} 0.5 \, \operatorname{softplus}(-x) & \text{if } \log\pi_\theta(y_w) > \log\pi_\theta(y_l) \\", new PflLoss().ToLatex(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ρ̄", @"\bar{\rho}")]
    [InlineData("β̂", @"\hat{\beta}")]
    [InlineData("z₀", "z_0")]
    [InlineData("λ_D", @"\lambda_D")]
    [InlineData("margin", @"\mathrm{margin}")]
    [InlineData("k_max", @"k_{\mathrm{max}}")]
    [InlineData("Δ′", @"\Delta'")]
    [InlineData("50%", @"\mathrm{50\%}")]
    public void Names_are_symbols(string name, string symbol)
    {
        var text = PairLoss.Define("own", [], pair => Named(name, pair.PolicyChosen) * 2e-37).ToLatex();
        Assert.Contains($"\n{symbol} &= ", text, StringComparison.Ordinal);
        Assert.Contains(@"2 \cdot 10^{-37} \, " + symbol, text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ExportedLosses.Names), MemberType = typeof(ExportedLosses))]
    public void Braces_delimiters_and_environments_are_balanced_and_every_command_is_known(string name)
    {
        var text = ExportedLosses.ByName[name].ToLatex();

        Assert.All(text, c => Assert.True(char.IsAscii(c), $"'{c}' in {text}"));
        var open = new Stack<string>();
        foreach (var token in Regex.Matches(text, @"\\begin\{[a-z*]+\}|\\end\{[a-z*]+\}|\\left.|\\right.|\\[A-Za-z]+|\\.|[{}&]", RegexOptions.Singleline).Select(match => match.Value))
        {
            switch (token)
            {
                case "{":
                    open.Push("}");
                    break;
                case "}":
                    Assert.Equal("}", Pop(open, text));
                    break;
                case "&":
                    // Alignment only directly inside an environment.
                    Assert.StartsWith(@"\end", open.Peek(), StringComparison.Ordinal);
                    break;
                case not null when token.StartsWith(@"\left", StringComparison.Ordinal) && token.Length == 6:
                    open.Push(@"\right" + (token[5] switch { '(' => ')', '[' => ']', _ => '|' }));
                    break;
                case not null when token.StartsWith(@"\right", StringComparison.Ordinal):
                    Assert.Equal(token, Pop(open, text));
                    break;
                case not null when token.StartsWith(@"\begin", StringComparison.Ordinal):
                    open.Push(token.Replace("begin", "end", StringComparison.Ordinal));
                    break;
                case not null when token.StartsWith(@"\end", StringComparison.Ordinal):
                    Assert.Equal(token, Pop(open, text));
                    break;
                case @"\\":
                    Assert.StartsWith(@"\end", open.Peek(), StringComparison.Ordinal);
                    break;
                case @"\," or @"\_" or @"\%":
                    break;
                default:
                    Assert.Contains(token![1..], Commands);
                    break;
            }
        }

        Assert.Empty(open);
        Assert.All(text.Split('\n')[1..^2], line => Assert.Contains(" &= ", line, StringComparison.Ordinal));
    }

    private static string Pop(Stack<string> open, string text)
    {
        Assert.True(open.Count > 0, text);
        return open.Pop();
    }
}
