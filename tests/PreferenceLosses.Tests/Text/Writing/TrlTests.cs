using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Text;

namespace PreferenceLosses.Tests.Text.Writing;

/// <summary>Losses as TRL trainers. What the files do is checked by Oracle/check_exports.py, with stand-ins for both generations of TRL.</summary>
public class TrlTests
{
    [Fact]
    public void The_file_has_the_exported_function_and_says_what_it_is_for()
    {
        var loss = new DiscoPopLoss { Beta = 0.1, Tau = 0.2 };
        var text = loss.ToTrl();

        Assert.Contains("\n" + loss.ToPyTorch().Split('\n', 2)[1] + "\n", text, StringComparison.Ordinal);
        Assert.StartsWith("\"\"\"TRL's DPOTrainer with the loss 'discopop (beta = 0.1, tau = 0.2)'.\n", text, StringComparison.Ordinal);
        Assert.All(
            ["DiscopopTrainer(model=..., args=DPOConfig(beta=0.1, ...)", "class DiscopopTrainer(trl.DPOTrainer):", "TRL 0.5 to 0.28", "TRL 0.29 and later"],
            part => Assert.Contains(part, text, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_pair_loss_of_the_catalogue_that_reads_the_four_log_probabilities_fits() =>
        Assert.All(LossCatalog.BuiltIn.Entries.Where(entry => entry.Loss.Graph.Inputs.All(input => PairColumns.Names.Contains(input.Name))), entry => entry.Loss.ToTrl());

    [Fact]
    public void What_TRL_cannot_feed_is_refused_with_the_reason()
    {
        Assert.Contains("also reads margin, class, torch", Assert.Throws<NotSupportedException>(() => ExportedLosses.Awkward.ToTrl()).Message, StringComparison.Ordinal);
        var ranked = ExportedLosses.ByName["sum-responses"];
        Assert.Contains("not one of pairs", Assert.Throws<NotSupportedException>(() => ranked.ToTrl()).Message, StringComparison.Ordinal);
    }
}
