using System.Diagnostics;
using System.Globalization;
using PreferenceLosses.Cli.Plotting;
using PreferenceLosses.Losses;
using PreferenceLosses.Training;

namespace PreferenceLosses.Cli.Training;

/// <summary>
/// From files of preferences to a trained policy: the data, a reference that is fitted to it, training, evaluation. Each part finds what an interrupted process left of it.
/// </summary>
internal sealed class TrainingRun(TrainRequest request, ProgressDisplay display, CancellationToken cancellationToken)
{
    private const int EvaluationsOfARun = 10;

    /// <summary>Runs, or goes on.</summary>
    /// <exception cref="CommandException">The folder is another's, or the loss cannot be trained with on this data.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; what was done is kept.</exception>
    public TrainingSummary Run()
    {
        var watch = Stopwatch.StartNew();
        var identity = request.Identity();
        var first = PreparedData.FirstOf(request);
        RefuseLoss(first);
        using var folder = RunFolder.Open(request.Output, identity);
        using var data = PreparedData.Prepare(request, folder, first);
        var rewards = request.Rounds is null ? null : WordRewards.Read(request.Rounds.Rewards, data.Vocabulary);
        folder.Claim(identity);
        AtomicFile.Write(folder.Vocabulary, file =>
        {
            using var writer = new StreamWriter(file, leaveOpen: true);
            data.Vocabulary.Save(writer);
        });
        display.Say($"data: {data.Report}");
        display.Say($"{data.Training.Count} {data.Noun} to train on, {data.HeldOut.Count} held out, {data.Vocabulary.Size} words");
        cancellationToken.ThrowIfCancellationRequested();

        using var reference = Reference(data, folder);
        using var policy = reference.Copy(request.Optimizer);
        var summary = new TrainingSummary
        {
            Request = request,
            Report = data.Report,
            Noun = data.Noun,
            Training = data.Training.Count,
            HeldOutExamples = data.HeldOut.Count,
            Words = data.Vocabulary.Size,
        };
        summary = request.Rounds is { } rounds
            ? TrainInRounds(rounds, rewards!, summary, policy, data, folder)
            : Train(summary, policy, reference, data, folder);
        display.Close();
        AtomicFile.Write(folder.Policy, policy.SaveWeights);
        summary = summary with { HeldOut = HeldOutReport.Of(policy, reference, data.HeldOut, summary.Metrics), Seconds = watch.Elapsed.TotalSeconds };
        MetricsChart.Of(folder.Metrics, MetricsChart.Usual, Charts.Theme.Automatic).Save(folder.Curves);
        AtomicFile.Write(folder.Summary, file =>
        {
            using var writer = new StreamWriter(file, leaveOpen: true);
            summary.WriteJson(writer);
        });
        return summary;
    }

    /// <summary>Before anything is written.</summary>
    private void RefuseLoss(TextExample first)
    {
        var (kind, hasScores) = request.Rounds is null ? (first.Kind, !first.Scores.IsDefaultOrEmpty) : (ExampleKind.Pair, true);
        if (Trainer.ReasonAgainst(request.Loss, kind, hasScores) is { } reason)
        {
            throw CommandException.Failure($"The loss '{request.Loss.Name}' cannot be trained with on this data: {reason}");
        }
    }

    /// <summary>A policy that is fitted to what is preferred, by maximum likelihood.</summary>
    private NGramPolicy Reference(PreparedData data, RunFolder folder)
    {
        if (File.Exists(folder.Reference))
        {
            DeleteFitting(folder);
            return LoadReference(folder.Reference);
        }

        var settings = new NGramSettings { VocabularySize = data.Vocabulary.Size, Order = request.Order };
        var reference = new NGramPolicy(settings) { MaxThreads = request.Threads };
        using var trainer = Checked(() => new Trainer(reference, new SftLoss(), data.Training, request.Fitting with { OutputDirectory = folder.Fitting, Resume = true }));
        trainer.Run(display.Of("fitting"), cancellationToken);
        Say(trainer.Notes);
        AtomicFile.Write(folder.Reference, reference.SaveWeights);
        DeleteFitting(folder);
        return reference;
    }

    private NGramPolicy LoadReference(string path)
    {
        using var file = File.OpenRead(path);
        try
        {
            var fitted = NGramPolicy.Load(file);
            fitted.MaxThreads = request.Threads;
            return fitted;
        }
        catch (InvalidDataException damaged)
        {
            throw CommandException.Failure($"'{path}' is damaged: {damaged.Message} Delete it, and the reference is fitted again.");
        }
    }

    /// <summary>Its checkpoints are of no use once the reference is there.</summary>
    private static void DeleteFitting(RunFolder folder)
    {
        if (Directory.Exists(folder.Fitting))
        {
            Directory.Delete(folder.Fitting, recursive: true);
        }
    }

    private TrainingSummary Train(TrainingSummary summary, NGramPolicy policy, NGramPolicy reference, PreparedData data, RunFolder folder)
    {
        var options = request.Training with { OutputDirectory = folder.Path, EvaluationInterval = EvaluationInterval(data) };
        var heldOut = data.HeldOut.Count > 0 ? data.HeldOut : null;
        using var trainer = Checked(() => new Trainer(policy, request.Loss, data.Training, options, reference, heldOut));
        var result = trainer.Run(display.Of("training"), cancellationToken);
        Say(trainer.Notes);
        return summary with { Steps = result.Steps, ResumedFrom = result.ResumedFrom, Metrics = result.Metrics };
    }

    private TrainingSummary TrainInRounds(RoundsRequest rounds, WordRewards rewards, TrainingSummary summary, NGramPolicy policy, PreparedData data, RunFolder folder)
    {
        display.Say($"reward: {rewards.Known} of the words are worth something");
        var options = new IterationOptions
        {
            Rounds = rounds.Count,
            CompletionsPerPrompt = rounds.CompletionsPerPrompt,
            Momentum = rounds.Momentum,
            Sampling = request.Sampling,
            Training = request.Training with { OutputDirectory = folder.Path, EvaluationSamples = 0 },
        };
        using var trainer = Checked(() => new IterativeTrainer(policy, request.Loss, Prompts(data), rewards.Of, options));
        IterationResult result;
        try
        {
            result = trainer.Run(new RoundLines(display), display.Of("training"), cancellationToken);
        }
        catch (InvalidOperationException nothing)
        {
            throw CommandException.Failure(nothing.Message);
        }

        Say(trainer.Notes);
        return summary with { Rounds = result, Metrics = result.Rounds[^1].Training };
    }

    private static ReadOnlyMemory<int>[] Prompts(PreparedData data) => [.. Enumerable.Range(0, data.Training.Count).Select(i => data.Training[i].Prompt)];

    /// <summary>By examples: where a loss makes two rows of each, it is evaluated twice as often.</summary>
    private int EvaluationInterval(PreparedData data) => request.EvaluationInterval
        ?? (int)Math.Max(1, (long)data.Training.Count * request.Training.Epochs / ((long)request.Training.BatchSize * request.Training.GradientAccumulation) / EvaluationsOfARun);

    private void Say(IEnumerable<string> notes)
    {
        foreach (var note in notes)
        {
            display.Say(note);
        }
    }

    /// <summary>What the trainers refuse when they are made is about the data or the options, and says so.</summary>
    private static T Checked<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException refused)
        {
            throw CommandException.Failure(LibraryMessage.Of(refused));
        }
    }

    /// <summary>A line for each round.</summary>
    private sealed class RoundLines(ProgressDisplay display) : IProgress<RoundReport>
    {
        public void Report(RoundReport value) => display.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"round {value.Round}: began with reward {value.Start.Reward} and KL {value.Start.Kl}; {value.Pairs} pairs, {value.Ties} ties"));
    }
}
