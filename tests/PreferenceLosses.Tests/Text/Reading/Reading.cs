using PreferenceLosses.Tests.Support;
using PreferenceLosses.Text;

namespace PreferenceLosses.Tests.Text.Reading;

/// <summary>Short ways to read a text.</summary>
internal static class Reading
{
    /// <summary>The paper's interface with short names: policy and reference (l, r) of chosen and rejected (w, l).</summary>
    public const string Head = "def f_loss(self, lw, ll, rw, rl):\n";

    private static readonly PairColumns Pairs = PairColumns.Random(6, seed: 3);

    /// <summary>A function of some lines, which are indented here.</summary>
    public static string Function(string body) => Head + string.Join('\n', body.Split('\n').Select(line => "    " + line));

    public static LossCodeResult Body(string body, LossCodeOptions? options = null) => LossCode.Parse(Function(body), options);

    /// <summary>The losses of a body on a fixed batch.</summary>
    public static double[] Losses(string body) => Body(body).GetLoss().Evaluate(Pairs.Batch<double>()).Losses.ToArray();

    /// <summary>The only diagnostic of a text that is not accepted.</summary>
    public static LossDiagnostic Refusal(LossCodeResult result)
    {
        Assert.Null(result.Loss);
        return Assert.Single(result.Diagnostics);
    }
}
