using System.CommandLine;
using PreferenceLosses.Cli.Training;
using PreferenceLosses.Losses;
using PreferenceLosses.Training;

namespace PreferenceLosses.Cli.Commands;

/// <summary>The options of <c>train</c>: what they are called, here and in TRL, what they are if left out, and what they mean together.</summary>
internal sealed class TrainOptions
{
    private const string PositiveNumber = "a number greater than 0";

    private readonly Option<string[]> data = new("--data")
    {
        HelpName = "FILE…",
        Description = "Preference data as JSON lines, gzipped or not: pairs, unpaired completions, or ranked ones.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<bool> skipInvalid = new("--skip-invalid") { Description = "Counts lines that are no example, and passes over them; an error if left out." };

    private readonly Option<double> heldOut = NumberOption.Real(
        "--held-out", 0.2, "SHARE", share => share is >= 0 and < 1, "a share from 0 to below 1", "The share of prompts that is not trained on, and evaluated on.");

    private readonly Option<int?> maxLength = NumberOption.OptionalWhole("--max-length", 1, "The most tokens of a prompt and a completion; any number if left out.");

    private readonly Option<int?> maxPrompt = NumberOption.OptionalWhole("--max-prompt-length", 0, "The most tokens of a prompt, of which the last stay.");

    private readonly Option<int?> maxCompletion = NumberOption.OptionalWhole("--max-completion-length", 1, "The most tokens of a completion, of which the first stay.");

    private readonly Option<string> truncation = new("--truncation-mode")
    {
        HelpName = "keep_start|keep_end|drop",
        Description = "What becomes of an example above --max-length; keep_start if left out.",
    };

    private readonly Option<int> minCount = NumberOption.Whole("--min-count", 1, 1, "How often a word has to occur to be known.");

    private readonly Option<int?> vocabularySize = NumberOption.OptionalWhole("--vocabulary-size", 3, "The most words, the most frequent ones; all if left out.");

    private readonly Option<string> loss = new("--loss") { HelpName = "NAME", Description = "The loss, by its name or an alias; 'list' names them all.", Aliases = { "--loss-type" } };

    private readonly Option<string> spec = new("--spec") { HelpName = "FILE", Description = "The loss, as a file with its JSON, in place of --loss." };

    private readonly Option<string> python = new("--python") { HelpName = "FILE", Description = "The loss, as a file with its PyTorch function, in place of --loss. It is read, never run." };

    private readonly Option<string[]> set = ParameterSettings.Option();

    private readonly Option<int> order = new("--order")
    {
        HelpName = "1-5",
        Description = "The longest n-grams of the policy; 3 if left out.",
        DefaultValueFactory = _ => 3,
        CustomParser = result => result.Tokens[0].Value is [>= '1' and <= '5'] and var digit
            ? digit[0] - '0'
            : throw CommandException.WrongUsage($"--order is '{result.Tokens[0].Value}'; a whole number from 1 to 5 is accepted."),
    };

    private readonly Option<int> fitEpochs = NumberOption.Whole("--fit-epochs", 1, NGramDefaults.Fitting.Epochs, "Epochs of fitting the reference.");

    private readonly Option<double> fitRate = NumberOption.Real(
        "--fit-learning-rate", NGramDefaults.Fitting.LearningRate, "RATE", IsPositive, PositiveNumber, "The learning rate of fitting the reference.");

    private readonly Option<int> threads = NumberOption.Whole("--threads", 0, 0, "The most threads, 0 for one per core; the result does not depend on it.");

    private readonly Option<int> epochs = NumberOption.Whole(
        "--epochs", 1, NGramDefaults.Preference.Epochs, "How often each example is seen.", "--num-train-epochs");

    private readonly Option<int> batch = NumberOption.Whole(
        "--batch", 1, NGramDefaults.Preference.BatchSize, "Pairs, examples or rankings at once.", "--per-device-train-batch-size");

    private readonly Option<int> accumulate = NumberOption.Whole(
        "--accumulate", 1, NGramDefaults.Preference.GradientAccumulation, "Batches whose gradients make one step.", "--gradient-accumulation-steps");

    private readonly Option<string> statistics = new("--statistics")
    {
        HelpName = "batch|step",
        Description = "What means and quantiles of a loss are taken over: each batch, or all batches of a step; batch if left out.",
    };

    private readonly Option<double> learningRate = NumberOption.Real(
        "--learning-rate", NGramDefaults.Preference.LearningRate, "RATE", IsPositive, PositiveNumber, "The learning rate after the warm-up.");

    private readonly Option<string> schedule = new("--schedule", "--lr-scheduler-type")
    {
        HelpName = "constant|linear|cosine",
        Description = "What the learning rate does after the warm-up; linear if left out.",
    };

    private readonly Option<int> warmup = NumberOption.Whole("--warmup", 0, 0, "Steps in which the learning rate rises.", "--warmup-steps");

    private readonly Option<double> weightDecay = NumberOption.Real(
        "--weight-decay", 0, "SHARE", decay => decay >= 0 && double.IsFinite(decay), "a number, 0 or greater,", "AdamW's decoupled weight decay.");

    private readonly Option<double> clip = NumberOption.Real(
        "--clip", NGramDefaults.Preference.MaxGradientNorm, "NORM", norm => norm > 0, "a number greater than 0, or Infinity for none,", "The norm that gradients are clipped to.", "--max-grad-norm");

    private readonly Option<int> seed = NumberOption.Whole("--seed", 0, 0, "The seed of the split, of the order of examples, and of what is drawn.");

    private readonly Option<string> sync = new("--sync-reference")
    {
        HelpName = "α,N",
        Description = "Moves the reference towards the policy by α every N steps (TR-DPO; TRL's ref_model_mixup_alpha and ref_model_sync_steps).",
    };

    private readonly Option<int?> rounds = NumberOption.OptionalWhole("--rounds", 1, "Trains in so many rounds on completions that the policy draws for the prompts of the data. Needs --reward.");

    private readonly Option<string> reward = new("--reward")
    {
        HelpName = "FILE",
        Description = "The reward of words, a word and a number on each line with a tab between: a completion has the mean over its words.",
    };

    private readonly Option<int?> completions = NumberOption.OptionalWhole("--completions", 2, "Completions of a prompt in each round, of which the best and the worst make a pair; 4 if left out.");

    private readonly Option<double> momentum = NumberOption.Real(
        "--momentum", 0, "α", value => value >= 0 && double.IsFinite(value), "a number, 0 or greater,", "How far the reference goes on in the direction of the last round (accelerated preference optimization).");

    private readonly Option<int> maxNewTokens = NumberOption.Whole("--max-new-tokens", 1, 64, "The most tokens of a completion that is drawn.");

    private readonly Option<double> temperature = NumberOption.Real("--temperature", 1, "T", IsPositive, PositiveNumber, "The temperature of drawing.");

    private readonly Option<string> output = new("--output", "--output-dir")
    {
        HelpName = "DIR",
        Description = "Where everything is written. An unfinished run that is there goes on; the folder of another run is refused.",
    };

    private readonly Option<int?> evaluateEvery = NumberOption.OptionalWhole(
        "--eval-every", 0, "Steps from one evaluation on held-out data to the next, 0 for only one at the end; ten over the run if left out.", "--eval-steps");

    private readonly Option<int> evaluationSamples = NumberOption.Whole(
        "--eval-samples", 0, 64, "Completions that an evaluation draws, for the divergence from the reference (eval_kl).");

    private readonly Option<int> checkpointEvery = NumberOption.Whole("--checkpoint-every", 0, 100, "Steps from one checkpoint to the next, 0 for only one at the end.", "--save-steps");

    private readonly Option<int> logEvery = NumberOption.Whole("--log-every", 1, 1, "Steps from one line of metrics.jsonl to the next.", "--logging-steps");

    private readonly Option<string> format = new("--format") { HelpName = "text|json", Description = "The form of the summary on standard output; text if left out." };

    public (string Title, Option[] Options)[] Groups =>
    [
        ("Data", [data, skipInvalid, heldOut, maxLength, maxPrompt, maxCompletion, truncation, minCount, vocabularySize]),
        ("Loss", [loss, spec, python, set]),
        ("Policy and reference", [order, fitEpochs, fitRate, threads]),
        ("Training", [epochs, batch, accumulate, statistics, learningRate, schedule, warmup, weightDecay, clip, seed, sync]),
        ("Rounds", [rounds, reward, completions, momentum, maxNewTokens, temperature]),
        ("Output", [output, format, evaluateEvery, evaluationSamples, checkpointEvery, logEvery]),
    ];

    /// <summary>Whether the summary is to be JSON.</summary>
    public bool IsJson(ParseResult parsed) => Choose(parsed, format, ("text", false), ("json", true));

    /// <summary>The loss, which one of three options gives.</summary>
    public (string? Name, string? Spec, string? Python, IReadOnlyDictionary<string, double> Settings) Loss(ParseResult parsed)
    {
        Option<string>[] ways = [loss, spec, python];
        return ways.Count(way => parsed.GetValue(way) is not null) == 1
            ? (parsed.GetValue(loss), parsed.GetValue(spec), parsed.GetValue(python), ParameterSettings.Parse(parsed.GetValue(set) ?? []))
            : throw CommandException.WrongUsage("The loss is given by --loss NAME, --spec FILE or --python FILE: by one of them.");
    }

    /// <summary>All that the options say.</summary>
    public TrainRequest Read(ParseResult parsed, PreferenceLoss configured)
    {
        var sampling = new SamplingOptions
        {
            EndOfText = Vocabulary.End,
            MaximumLength = parsed.GetValue(maxNewTokens),
            Temperature = parsed.GetValue(temperature),
        };
        return new TrainRequest
        {
            Data = parsed.GetValue(data) is { Length: > 0 } files ? files : throw CommandException.WrongUsage("--data is missing: one or more files of preference data."),
            SkipInvalid = parsed.GetValue(skipInvalid),
            HeldOut = parsed.GetValue(heldOut),
            Truncation = Limits(parsed),
            MinCount = parsed.GetValue(minCount),
            VocabularySize = parsed.GetValue(vocabularySize),
            Order = parsed.GetValue(order),
            Threads = parsed.GetValue(threads),
            Loss = configured,
            Fitting = NGramDefaults.Fitting with
            {
                Epochs = parsed.GetValue(fitEpochs),
                LearningRate = parsed.GetValue(fitRate),
                Seed = (ulong)parsed.GetValue(seed),
                CheckpointInterval = parsed.GetValue(checkpointEvery),
            },
            Training = Training(parsed, sampling),
            Optimizer = new AdamWOptions { WeightDecay = parsed.GetValue(weightDecay) },
            EvaluationInterval = parsed.GetValue(evaluateEvery),
            Sampling = sampling,
            Rounds = Rounds(parsed),
            Output = parsed.GetValue(output) is { Length: > 0 } folder ? folder : throw CommandException.WrongUsage("--output is missing: the folder of the run."),
        };
    }

    private TrainingOptions Training(ParseResult parsed, SamplingOptions sampling) => NGramDefaults.Preference with
    {
        Epochs = parsed.GetValue(epochs),
        BatchSize = parsed.GetValue(batch),
        GradientAccumulation = parsed.GetValue(accumulate),
        StatisticsSpan = Choose(parsed, statistics, ("batch", StatisticsSpan.MicroBatch), ("step", StatisticsSpan.AccumulatedBatch)),
        LearningRate = parsed.GetValue(learningRate),
        Schedule = Choose(parsed, schedule, ("linear", ScheduleKind.Linear), ("constant", ScheduleKind.Constant), ("cosine", ScheduleKind.Cosine)),
        WarmupSteps = parsed.GetValue(warmup),
        MaxGradientNorm = parsed.GetValue(clip),
        Seed = (ulong)parsed.GetValue(seed),
        CheckpointInterval = parsed.GetValue(checkpointEvery),
        LoggingInterval = parsed.GetValue(logEvery),
        EvaluationSamples = parsed.GetValue(evaluationSamples),
        Sampling = sampling,
        ReferenceSynchronization = parsed.GetValue(sync) is { } text ? Synchronization(text) : null,
        Resume = true,
    };

    private Truncation Limits(ParseResult parsed)
    {
        if (parsed.GetValue(truncation) is not null && parsed.GetValue(maxLength) is null)
        {
            throw CommandException.WrongUsage("--truncation-mode says how to keep to --max-length, which is not given.");
        }

        return new()
        {
            MaxLength = parsed.GetValue(maxLength),
            MaxPromptLength = parsed.GetValue(maxPrompt),
            MaxCompletionLength = parsed.GetValue(maxCompletion),
            Policy = Choose(parsed, truncation, ("keep_start", LengthPolicy.KeepStart), ("keep_end", LengthPolicy.KeepEnd), ("drop", LengthPolicy.Drop)),
        };
    }

    private static ReferenceSynchronization Synchronization(string text) => text.Split(',') is [var share, var interval]
        ? new(
            NumberOption.ParseWhole("N of --sync-reference", interval, least: 1),
            NumberOption.Parse("α of --sync-reference", share, value => value is > 0 and <= 1, "a number above 0 and at most 1"))
        : throw CommandException.WrongUsage($"--sync-reference is '{text}'; α and a number of steps with a comma between are accepted, as in 0.6,10.");

    private RoundsRequest? Rounds(ParseResult parsed)
    {
        if (parsed.GetValue(rounds) is not { } count)
        {
            Option[] ofRounds = [reward, completions, momentum];
            return ofRounds.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } given
                ? throw CommandException.WrongUsage($"{given.Name} is of training in rounds, and --rounds is not given.")
                : null;
        }

        if (parsed.GetValue(momentum) > 0 && parsed.GetValue(sync) is not null)
        {
            throw CommandException.WrongUsage("--momentum and --sync-reference both move the reference; one of them is accepted.");
        }

        return new(
            parsed.GetValue(reward) ?? throw CommandException.WrongUsage("--reward is missing, which ranks the completions of --rounds: a file with the reward of words."),
            count,
            parsed.GetValue(completions) ?? 4,
            parsed.GetValue(momentum));
    }

    /// <summary>One of several words; the first is meant where the option is left out.</summary>
    private static T Choose<T>(ParseResult parsed, Option<string> option, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        var word = parsed.GetValue(option) ?? choices[0].Word;
        foreach (var choice in choices)
        {
            if (choice.Word == word)
            {
                return choice.Value;
            }
        }

        var words = choices.ToArray().Select(choice => choice.Word).ToArray();
        throw CommandException.WrongUsage($"{option.Name} is '{word}'; {string.Join(", ", words[..^1])} and {words[^1]} are accepted.");
    }

    private static bool IsPositive(double value) => value > 0 && double.IsFinite(value);
}
