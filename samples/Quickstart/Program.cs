using System.Diagnostics;
using System.Globalization;
using System.Text;
using PreferenceLosses;
using PreferenceLosses.Losses;
using Quickstart;

// The first training run: a reference is fitted to chosen answers, and copies of it are trained with three losses.

if (!TryParse(args, out var path, out var seed))
{
    Console.Error.WriteLine("usage: Quickstart [PAIRS.jsonl | PAIRS.jsonl.gz] [--seed INTEGER]");
    return 2;
}

Console.OutputEncoding = Encoding.UTF8;
var clock = Stopwatch.StartNew();
PreferencePair[] pairs;
try
{
    pairs = PreferencePairs.Read(path);
}
catch (UnreadablePairsException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

IPreferenceLoss[] losses =
[
    new DpoLoss { Beta = 0.1 },
    new DiscoPopLoss { Beta = 0.05, Tau = 0.05 },
    new DiscoPopLoss { Beta = 0.05, Tau = 0.2 },
];

Report.Setup(path, pairs.Length, seed);
new Random(seed).Shuffle(pairs);
var runs = losses.Select(_ => new List<Run>()).ToArray();
List<double> byLikelihood = [], byLength = [];
for (var k = 0; k < Settings.Folds; k++)
{
    // The split comes first: all that is fitted or chosen below sees the training pairs of its fold and nothing else.
    PreferencePair[] training = [.. pairs.Where((_, i) => i % Settings.Folds != k)];
    PreferencePair[] heldOut = [.. pairs.Where((_, i) => i % Settings.Folds == k)];

    var choices = Tuning.Validate(training, losses[0]);
    var choice = choices.MinBy(c => c.ValidationLoss)!;
    Report.Tuning(k + 1, choices, choice);

    var fold = new Fold(training, heldOut);
    byLikelihood.AddRange(fold.HeldOut.ReferenceChosen.Zip(fold.HeldOut.ReferenceRejected, (c, r) => (double)c - r));
    byLength.AddRange(fold.HeldOut.Chosen.Zip(fold.HeldOut.Rejected, (c, r) => (double)r.Length - c.Length));
    for (var i = 0; i < losses.Length; i++)
    {
        runs[i].Add(fold.Train(losses[i], choice));
    }
}

Result[] results = [.. losses.Zip(runs, (loss, folds) => new Result(loss, Run.Join(folds)))];
Baseline[] baselines = [new("reference likelihood", byLikelihood), new("shorter answer", byLength)];
Report.HeldOut(results, baselines);
Report.Training(results);
Report.Words(dpo: results[0], sharp: results[1], mild: results[2], baselines);
Console.WriteLine(FormattableString.Invariant($"\nAll of this took {clock.Elapsed.TotalSeconds:F1} seconds."));
return 0;

static bool TryParse(string[] args, out string path, out int seed)
{
    path = Path.Combine(AppContext.BaseDirectory, "data", "pairs.jsonl");
    seed = Settings.Seed;
    var paths = 0;
    for (var i = 0; i < args.Length; i++)
    {
        if (args[i] == "--seed" && i + 1 < args.Length)
        {
            if (!int.TryParse(args[++i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out seed))
            {
                return false;
            }
        }
        else if (args[i] is "" or ['-', ..] || ++paths > 1)
        {
            return false;
        }
        else
        {
            path = args[i];
        }
    }

    return true;
}
