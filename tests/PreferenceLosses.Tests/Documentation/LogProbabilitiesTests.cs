using System.Text.RegularExpressions;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Tests.Documentation;

/// <summary>The code in docs/log-probabilities.md is the code below.</summary>
public partial class LogProbabilitiesTests
{
    [Fact]
    public void One_call_gives_losses_and_gradients()
    {
        // Two pairs of two tokens each over a vocabulary of three.
        const int vocabulary = 3;
        float[] policyLogits = [.. Enumerable.Range(0, 8 * vocabulary).Select(i => i % 5)];
        int[] labels = [0, 1, 2, TokenSequences.IgnoredLabel, 1, 1, 0, 2], offsets = [0, 2, 4, 6, 8];
        double[] referenceChosen = [-3, -2], referenceRejected = [-4, -3];

        // docs: pairs
        var step = new PairLossFromLogits(new DpoLoss { Beta = 0.1 });    // keep it: a warm call allocates nothing
        var logits = Logits.Of(policyLogits, vocabulary);                 // float, Half or bfloat16; [rows, vocabulary]
        var sequences = new TokenSequences { Labels = labels, Offsets = offsets };    // all chosen, then all rejected completions
        double mean = step.Evaluate(
            logits,
            sequences,
            new PreferenceBatch<double> { ReferenceChosen = referenceChosen, ReferenceRejected = referenceRejected },
            LogitGradients.Of(policyLogits, vocabulary));                 // in place: the logits become ∂ mean / ∂ logits
        ReadOnlySpan<double> losses = step.Losses;                        // per pair, and the rewards, and the log-probabilities:
        ReadOnlySpan<double> chosen = step.Policy.Sums[..losses.Length];
        // docs: end

        Assert.Equal(mean, (losses[0] + losses[1]) / 2, 1e-15);
        Assert.Equal(2, chosen.Length);
        Assert.True(policyLogits[0] < 0, "More of the chosen token makes the loss smaller.");
    }

    [Fact]
    public void The_passes_can_be_had_one_by_one()
    {
        const int vocabulary = 3;
        ushort[] bits = [.. Enumerable.Range(0, 4 * vocabulary).Select(i => (ushort)(BitConverter.SingleToUInt32Bits(i % 5) >> 16))];
        int[] tokens = [0, 1, 2, 1], offsets = [0, 4], labels = new int[4];
        var gradients = new ushort[bits.Length];

        // docs: passes
        TokenSequences.ShiftLabels(tokens, offsets, labels);              // row t predicts token t + 1
        var policy = new SequenceLogProbabilities();
        var logits = Logits.OfBFloat16(bits, vocabulary);
        policy.Forward(logits, new TokenSequences { Labels = labels, Offsets = offsets }, LogProbabilityExtras.Entropy);
        double sum = policy.Sums[0], mean = policy.Means[0], count = policy.Lengths[0], entropy = policy.MeanEntropies[0];
        policy.Backward(logits, [-0.5], LogitGradients.OfBFloat16(gradients, vocabulary));    // −0.5 = ∂ objective / ∂ sum of sequence 0
        // docs: end

        Assert.Equal(3, count);
        Assert.Equal(sum / 3, mean, 1e-12);
        Assert.InRange(entropy, 0.1, Math.Log(3));
        Assert.Contains(gradients, gradient => gradient != 0);
    }

    [Theory]
    [InlineData("pairs")]
    [InlineData("passes")]
    public void The_code_of_the_page_is_the_code_in_this_file(string section)
    {
        var lines = SectionPattern().Matches(Read("LogProbabilitiesTests.cs")).Single(m => m.Groups["name"].Value == section).Groups["code"].Value.Split('\n');
        Assert.Contains(string.Join('\n', lines.Select(line => line.Length == 0 ? line : line[8..])), Read("log-probabilities.md"), StringComparison.Ordinal);
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Documentation", file)).ReplaceLineEndings("\n");

    [GeneratedRegex(@"// docs: (?<name>pairs|passes)\n(?<code>.*?)\n[ ]*// docs: end", RegexOptions.Singleline)]
    private static partial Regex SectionPattern();
}
