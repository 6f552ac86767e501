using static System.FormattableString;

namespace Quickstart;

/// <summary>A loss and what it did over all folds.</summary>
internal sealed record Result(Candidate Candidate, Run Run);

/// <summary>A rule that needs no training: it prefers the chosen answer where its difference is positive.</summary>
internal sealed record Baseline(string Name, IReadOnlyCollection<double> Differences);

/// <summary>Prints what was done, the tables, and in words what the numbers are and are not.</summary>
internal static class Report
{
    public static void Setup(string path, int pairs, int seed) => Console.WriteLine(Invariant($"""
        {pairs} pairs from {path}
        {Settings.Folds} folds (seed {seed}): every pair is held out once, judged by policies trained on the other folds.
        Reference: a log-linear n-gram model fitted to the chosen answers of the training pairs. Its copies are trained
        with each loss. Rate and epochs: the smallest DPO loss on a quarter of the fold's training pairs, then the same
        for every loss; β and τ are not tuned.

        """));

    public static void Tuning(int fold, IEnumerable<Choice> choices, Choice best)
    {
        var tried = string.Join(", ", choices.Select(c => Invariant($"{c.ValidationLoss:F4} ({c.Rate}, {c.Epochs})")));
        Console.WriteLine(Invariant(
            $"fold {fold}: rate {best.Rate}, epochs {best.Epochs}; the best validation losses (rate, epochs) were {tried}"));
    }

    public static void HeldOut(IEnumerable<Result> results, IEnumerable<Baseline> baselines)
    {
        Console.WriteLine("\nHeld-out pairs (accuracy: share of ρ > 0, ties one half; margin: mean ρ in nats; reward: mean βρ)");
        Console.WriteLine(
            $"{"",-24}{"loss at ρ = 0",14}{"trained",9}{"accuracy",10}{"95 % interval",17}{"margin",8}{"reward",8}{"seconds",9}");
        foreach (var (candidate, run) in results)
        {
            var (loss, margin) = (run.HeldOut.Loss, run.HeldOut.Rho.Average());
            Console.WriteLine(
                Invariant($"{candidate.Name,-24}{candidate.AtZero().Loss,14:F4}{loss,9:F4}{Cells(run.HeldOut.Rho)}") +
                Invariant($"{margin,8:F2}{run.HeldOut.RewardMargin,8:F3}{run.Seconds,9:F1}"));
        }

        foreach (var (name, differences) in baselines)
        {
            Console.WriteLine($"{name,-24}{"–",14}{"–",9}{Cells(differences)}{"–",8}{"–",8}{"–",9}");
        }
    }

    public static void Training(IEnumerable<Result> results)
    {
        Console.WriteLine("\nTraining pairs: where the slope at the start points, and where it led (x = βρ)");
        Console.WriteLine(
            $"{"",-24}{"dℓ/dx at 0",12}{"ρ after 1 step",16}{"loss at ρ = 0",15}{"trained",9}{"accuracy",10}{"margin",8}");
        foreach (var (candidate, run) in results)
        {
            var (loss, slope) = candidate.AtZero();
            var accuracy = Accuracy.Of(run.Training.Rho).Share;
            Console.WriteLine(
                Invariant($"{candidate.Name,-24}{slope,12:+0.000;-0.000}{run.FirstStepRho,16:+0.00;-0.00}{loss,15:F4}") +
                Invariant($"{run.Training.Loss,9:F4}{accuracy,10:F3}{run.Training.Rho.Average(),8:F2}"));
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

        var (start, slope) = sharp.Candidate.AtZero();
        var trained = sharp.Run.Training;
        Console.WriteLine(Invariant($"""

            DiscoPOP with τ = 0.05 {Verdict(sharp)}.
              Below one half is what to expect of it: a finding, not a defect. Training starts at ρ = 0, where its slope in
              x = βρ is (1 − ln 2)/(4τ) − 3/4 = {slope:+0.000;-0.000}, positive as for every τ below (1 − ln 2)/3 ≈ 0.102. Descent
              therefore moves ρ down, towards the rejected answers and the local minimum at x ≈ −0.119 (ρ ≈ −2.4). A hump
              at x ≈ +0.072 (ρ ≈ +1.4) stands before the side on which the loss falls as ρ grows. The training loss did
              go down, from {start:F4} to {trained.Loss:F4}, with the mean ρ at {trained.Rho.Average():F2}.

            DiscoPOP with τ = 0.2 {Verdict(mild)}.
              Its slope at ρ = 0 is {mild.Candidate.AtZero().Slope:+0.000;-0.000}, negative like that of DPO.
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
        return Invariant($"{share,10:F3}{Invariant($"{low:F3} to {high:F3}"),17}");
    }
}
