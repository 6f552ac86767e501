using PreferenceLosses;
using static System.FormattableString;

namespace Quickstart;

/// <summary>A loss and what it did over all folds.</summary>
internal sealed record Result(IPreferenceLoss Loss, Run Run)
{
    /// <summary>The loss and dℓ/dx, x = βρ, at ρ = 0, where policy and reference agree and every run starts.</summary>
    public (double Loss, double Slope) AtZero()
    {
        var result = Loss.Evaluate(new PreferenceBatch<float>
        {
            PolicyChosen = [0f],
            PolicyRejected = [0f],
            ReferenceChosen = [0f],
            ReferenceRejected = [0f],
        });
        var beta = Loss.Parameters["beta"];
        return (result.Value, result.Gradient(Columns.PolicyChosen)[0] / beta);
    }
}

/// <summary>A rule that needs no training: it prefers the chosen answer where its difference is positive.</summary>
internal sealed record Baseline(string Name, IReadOnlyCollection<double> Differences);

/// <summary>Prints what was done, the tables, and in words what the numbers are and are not.</summary>
internal static class Report
{
    public static void Setup(string path, int pairs, int seed) => Console.WriteLine(Invariant($"""
        {pairs} pairs from {Path.GetFileName(path)}
        {Settings.Folds} folds (seed {seed}): each pair is held out once, judged by policies trained on the other folds.
        Reference: a log-linear n-gram model fitted to the chosen answers of the training pairs. Its copies are trained
        with each loss. Rate and epochs: the smallest DPO loss on a quarter of the fold's training pairs, then the same
        for every loss; β and τ are not tuned.

        """));

    public static void Tuning(int fold, IEnumerable<Choice> choices, Choice best)
    {
        var tried = string.Join(
            ", ", choices.Select(c => Invariant($"{c.ValidationLoss:F4} ({c.Rate}, {c.Epochs})")));
        Console.WriteLine(Invariant(
            $"fold {fold}: rate {best.Rate}, epochs {best.Epochs}; best validation loss (rate, epochs): {tried}"));
    }

    public static void HeldOut(IEnumerable<Result> results, IEnumerable<Baseline> baselines)
    {
        Console.WriteLine($"""

            Held-out pairs (accuracy: share of ρ > 0, ties one half; margin: mean ρ; reward: mean βρ)
            {"",-36}{"at ρ = 0",9}{"loss",8}{"accuracy",10}{"95 % interval",16}{"margin",8}{"reward",8}{"seconds",9}
            """);
        foreach (var result in results)
        {
            var heldOut = result.Run.HeldOut;
            Console.WriteLine(
                Invariant($"{result.Loss,-36}{result.AtZero().Loss,9:F4}{heldOut.Loss,8:F4}{Cells(heldOut.Rho)}") +
                Invariant($"{heldOut.Rho.Average(),8:F2}{heldOut.RewardMargin,8:F3}{result.Run.Seconds,9:F1}"));
        }

        foreach (var (name, differences) in baselines)
        {
            Console.WriteLine($"{name,-36}{"–",9}{"–",8}{Cells(differences)}{"–",8}{"–",8}{"–",9}");
        }
    }

    public static void Training(IEnumerable<Result> results)
    {
        Console.WriteLine($"""

            Training pairs: where the slope at the start points, and where it led (x = βρ)
            {"",-36}{"dℓ/dx at 0",11}{"ρ after 1 step",16}{"at ρ = 0",10}{"loss",8}{"accuracy",10}{"margin",8}
            """);
        foreach (var result in results)
        {
            var (loss, slope) = result.AtZero();
            var (firstStepRho, trained, _, _) = result.Run;
            Console.WriteLine(
                Invariant($"{result.Loss,-36}{slope,11:+0.000;-0.000}{firstStepRho,16:+0.00;-0.00}{loss,10:F4}") +
                Invariant($"{trained.Loss,8:F4}{Accuracy.Of(trained.Rho).Share,10:F3}{trained.Rho.Average(),8:F2}"));
        }
    }

    public static void Words(Result dpo, Result sharp, Result mild, IEnumerable<Baseline> baselines)
    {
        Console.WriteLine($"\nDPO {Verdict(dpo)}.");
        foreach (var (name, differences) in baselines)
        {
            var (lead, half) = Accuracy.Lead(dpo.Run.HeldOut.Rho, differences);
            var meaning = Math.Abs(lead) <= half ? "these pairs do not tell the two apart"
                : lead > 0 ? "DPO is ahead"
                : "DPO is behind";
            Console.WriteLine(Invariant($"  Against \"{name}\": {lead:+0.000;-0.000} ± {half:F3}; {meaning}."));
        }

        var (start, slope) = sharp.AtZero();
        var (end, rho) = (sharp.Run.Training.Loss, sharp.Run.Training.Rho.Average());
        Console.WriteLine(Invariant($"""

            DiscoPOP with τ = 0.05 {Verdict(sharp)}.
              Below one half is what to expect of it: a finding, not a defect. Training starts at ρ = 0, where its
              slope in x = βρ is (1 − ln 2)/(4τ) − 3/4 = {slope:+0.000;-0.000}: positive for τ < (1 − ln 2)/3 ≈ 0.102.
              So descent moves ρ down, towards the rejected answers and the local minimum at x ≈ −0.119 (ρ ≈ −2.4).
              The loss falls with growing ρ only past a hump at x ≈ +0.072 (ρ ≈ +1.4); long steps throw some pairs
              over it. On the training pairs the loss went from {start:F4} to {end:F4}, and the mean ρ to {rho:F2}.

            DiscoPOP with τ = 0.2 {Verdict(mild)}.
              Its slope at ρ = 0 is {mild.AtZero().Slope:+0.000;-0.000}, negative like that of DPO.
            """));
    }

    private static string Verdict(Result result)
    {
        var (share, low, high) = Accuracy.Of(result.Run.HeldOut.Rho);
        var side = low > 0.5 ? "is significantly above one half"
            : high < 0.5 ? "is significantly below one half"
            : "cannot be told from one half";
        return Invariant($"{side} on held-out pairs: {share:F3} ({low:F3} to {high:F3})");
    }

    private static string Cells(IReadOnlyCollection<double> differences)
    {
        var (share, low, high) = Accuracy.Of(differences);
        return Invariant($"{share,10:F3}{Invariant($"{low:F3}–{high:F3}"),16}");
    }
}
