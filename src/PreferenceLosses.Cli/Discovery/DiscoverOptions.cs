using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using PreferenceLosses.Cli.Commands;
using PreferenceLosses.Discovery;

namespace PreferenceLosses.Cli.Discovery;

/// <summary>The options of <c>discover run</c>, and those of them, limits, that <c>discover resume</c> may change.</summary>
internal sealed class DiscoverOptions
{
    private const string Hours = "a number from 0.000001 to 1000";
    private const string Money = "a number from 0.000001 to 1000000000";
    private const int ReplyTokens = 4096;

    private readonly Option<string> output = new("--output") { HelpName = "DIR", Description = "The folder of the run: its archive, its settings, what was said." };

    private readonly Option<string> domain = Choice(
        "--domain", DiscoverySettings.Pairs, "What is searched: losses of preference pairs, or of logits and targets.", DiscoverySettings.Pairs, DiscoverySettings.Classification);

    private readonly Option<string> model = new("--model")
    {
        HelpName = "NAME|scripted|manual|recorded|random",
        Description = "The chat model's name on its server; or the 18 proposals that are built in; or a person, who answers in files; or the replies of --recording; or random mixtures of the established losses. scripted if left out.",
    };

    private readonly Option<string> baseUrl = new("--base-url") { HelpName = "URL", Description = "Where the model is: what stands before chat/completions, as in http://localhost:11434/v1." };

    private readonly Option<string> keyVariable = new("--key-variable")
    {
        HelpName = "NAME",
        Description = "The environment variable with the server's key. The key is written nowhere.",
    };

    private readonly Option<bool> noJsonMode = new("--no-json-mode") { Description = "Does not ask the server for JSON; for servers that refuse to." };

    private readonly Option<string> maxTokensField = new("--max-tokens-field")
    {
        HelpName = "NAME",
        Description = "What the server calls the most tokens of a reply; max_tokens if left out, max_completion_tokens for some.",
    };

    private readonly Option<string> recording = new("--recording") { HelpName = "FILE", Description = "The replies for --model recorded: the chat.jsonl of another run." };

    private readonly Option<int?> requestsPerMinute = NumberOption.OptionalWhole("--requests-per-minute", 1, "The most requests in any minute.");

    private readonly Option<int?> tokensPerMinute = NumberOption.OptionalWhole("--tokens-per-minute", 1, "The tokens in a minute at which the next request waits.");

    private readonly Option<double?> temperature = OptionalReal("--temperature", number => number >= 0, "a number, 0 or greater,", "The sampling temperature; the server's own if left out.");

    private readonly Option<int> replyTokens = NumberOption.Whole("--reply-tokens", 1, ReplyTokens, "The most tokens of a reply.");

    private readonly Option<string> context = Choice(
        "--context", "chronological", "What the model is shown: the whole conversation, the best so far, or only the established losses (best of N).", "chronological", "best", "none");

    private readonly Option<int> topK = NumberOption.Whole("--top-k", 1, 8, "How many proposals --context best shows.");

    private readonly Option<string> order = Choice("--order", "worst-first", "In which order --context best shows them.", "best-first", "worst-first", "unsorted");

    private readonly Option<bool> noThoughts = new("--no-thoughts") { Description = "Does not show the model why it proposed what it did." };

    private readonly Option<bool> curves = new("--curves") { Description = "Tells the model the training curves too, as a dozen numbers each; with --context chronological." };

    private readonly Option<bool> picture = new("--picture") { Description = "Shows the model the training curves as a picture, which it has to take; with --context chronological." };

    private readonly Option<string> failures = Choice("--failures", null, "Whether the model is shown what was refused; shown if left out, but for --context best.", "shown", "hidden");

    private readonly Option<string[]> evaluator = new("--evaluator")
    {
        HelpName = "COMMAND…",
        Description = "A program with arguments that scores objectives, in place of the built-in task (docs/discovery.md).",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string> description = new("--evaluator-description") { HelpName = "TEXT", Description = "What the program's score is, in a sentence for the model." };

    private readonly Option<string> version = new("--evaluator-version") { HelpName = "TEXT", Description = "The version of what the program measures; 1 if left out." };

    private readonly Option<double> evaluatorHours = NumberOption.Real("--evaluator-hours", 24, "HOURS", IsHours, Hours, "How long a try of the program may take.");

    private readonly Option<int> tries = NumberOption.Whole("--evaluator-tries", 1, 3, "How often the program is tried for a score.");

    private readonly Option<int> atOnce = NumberOption.Whole("--evaluators-at-once", 1, 1, "How many programs run at once: the seeds of an objective.");

    private readonly Option<string> seeds = new("--seeds")
    {
        HelpName = "N,…",
        Description = "With how many seeds a proposal has been scored after each round, after which it may be given up; 3,5,8 if left out.",
    };

    private readonly Option<int> seed = NumberOption.Whole("--seed", 0, 0, "The first seed.");

    private readonly Option<int?> repairs = NumberOption.OptionalWhole("--repairs", 0, "How often the model may correct an invalid proposal; 3 if left out, 0 for the script.");

    private readonly Option<bool> noConfirmation = new("--no-confirmation") { Description = "Does not measure the best proposal again on fresh seeds and elsewhere." };

    private readonly Option<int> threads = NumberOption.Whole("--threads", 0, 0, "Trainings at once, 0 for one per core; scores do not depend on it.");

    private readonly Option<int?> generations = NumberOption.OptionalWhole("--generations", 0, "Ends when so many proposals are scored; 20 if left out.");

    private readonly Option<int?> attempts = NumberOption.OptionalWhole("--attempts", 1, "Ends when so many proposals are asked for; 100 if left out, 18 for the script.");

    private readonly Option<int?> patience = NumberOption.OptionalWhole("--patience", 1, "Ends when the best has not become better for so many generations.");

    private readonly Option<int?> maxTokens = NumberOption.OptionalWhole("--max-tokens", 1, "Ends before more tokens are used, prompts and replies together. With ablate, of each search.");

    private readonly Option<double?> maxCost = OptionalReal("--max-cost", IsMoney, Money, "Ends before the model costs more; needs --prices. With ablate, of each search.");

    private readonly Option<string> prices = new("--prices") { HelpName = "IN,OUT", Description = "What a million tokens of prompts and of replies cost." };

    private readonly Option<double?> hours = OptionalReal("--hours", IsHours, Hours, "Ends after so long, counted from each start.");

    public string Output(ParseResult parsed) => parsed.GetValue(output) is { Length: > 0 } folder
        ? folder
        : throw CommandException.WrongUsage("--output is missing: the folder of the run.");

    public (string Title, Option[] Options)[] Groups =>
    [
        ("The run", [output, domain, seed, threads]),
        ("The model", [model, baseUrl, keyVariable, noJsonMode, maxTokensField, recording, requestsPerMinute, tokensPerMinute, temperature, replyTokens]),
        ("What it is shown", [context, topK, order, noThoughts, failures, curves, picture, repairs]),
        ("Scores", [seeds, noConfirmation, evaluator, description, version, evaluatorHours, tries, atOnce]),
        Limits,
    ];

    /// <summary>When a run ends; a run may be gone on with by others.</summary>
    public (string Title, Option[] Options) Limits => ("Limits", [generations, attempts, patience, maxTokens, maxCost, prices, hours]);

    public DiscoverySettings Read(ParseResult parsed)
    {
        var name = parsed.GetValue(model) ?? DiscoverySettings.Scripted;
        var isServer = new DiscoverySettings { Model = name }.IsServer;
        Needs(name == DiscoverySettings.Recorded, parsed, recording, "--model recorded");
        Needs(isServer, parsed, baseUrl, "the name of a model");
        foreach (Option option in (Option[])[keyVariable, noJsonMode, maxTokensField, requestsPerMinute, tokensPerMinute])
        {
            OnlyWith(isServer, parsed, option, "the name of a model");
        }

        var context = Chosen(parsed, this.context)!;
        OnlyWith(context == "chronological", parsed, curves, "--context chronological");
        OnlyWith(context == "chronological", parsed, picture, "--context chronological");
        OnlyWith(name != DiscoverySettings.Manual, parsed, picture, "another --model than manual");
        OnlyWith(context == "best", parsed, topK, "--context best");
        OnlyWith(context == "best", parsed, order, "--context best");
        OnlyWith(context != "none", parsed, noThoughts, "another --context than none");
        OnlyWith(context != "none", parsed, failures, "another --context than none");
        var command = parsed.GetValue(evaluator) ?? [];
        foreach (Option option in (Option[])[description, version, evaluatorHours, tries, atOnce])
        {
            OnlyWith(command.Length > 0, parsed, option, "--evaluator");
        }

        var isScript = name == DiscoverySettings.Scripted;
        if (isScript && Chosen(parsed, domain) != DiscoverySettings.Pairs)
        {
            throw CommandException.WrongUsage("--model is missing; the proposals that are built in are losses of pairs.");
        }

        return WithLimits(parsed, new DiscoverySettings
        {
            Domain = Chosen(parsed, domain)!,
            Model = name,
            BaseUrl = parsed.GetValue(baseUrl) is { } url ? Checked(url) : null,
            KeyVariable = parsed.GetValue(keyVariable) is { } variable ? CheckedName(variable) : null,
            JsonMode = !parsed.GetValue(noJsonMode),
            MaxTokensField = parsed.GetValue(maxTokensField) ?? "max_tokens",
            Recording = parsed.GetValue(recording) is { } file ? Path.GetFullPath(file) : null,
            RequestsPerMinute = parsed.GetValue(requestsPerMinute),
            TokensPerMinute = parsed.GetValue(tokensPerMinute),
            Temperature = parsed.GetValue(temperature),
            ReplyTokens = parsed.GetValue(replyTokens),
            Context = context,
            TopK = parsed.GetValue(topK),
            Order = Chosen(parsed, order)!,
            Thoughts = !parsed.GetValue(noThoughts),
            Curves = parsed.GetValue(curves),
            Picture = parsed.GetValue(picture),
            Failures = Chosen(parsed, failures) is { } shown ? shown == "shown" : null,
            Evaluator = [.. command],
            EvaluatorDescription = parsed.GetValue(description),
            EvaluatorVersion = parsed.GetValue(version) ?? "1",
            EvaluatorHours = parsed.GetValue(evaluatorHours),
            EvaluatorTries = parsed.GetValue(tries),
            EvaluatorsAtOnce = parsed.GetValue(atOnce),
            SeedRounds = Rounds(parsed.GetValue(seeds) ?? "3,5,8"),
            Seed = parsed.GetValue(seed),
            Repairs = parsed.GetValue(repairs) ?? (isScript ? 0 : 3),
            Attempts = isScript ? ScriptedRun.Proposals.Length : 100,
            Confirm = !parsed.GetValue(noConfirmation),
            Threads = parsed.GetValue(threads),
        });
    }

    /// <summary>Settings with the limits that were given.</summary>
    public DiscoverySettings WithLimits(ParseResult parsed, DiscoverySettings settings)
    {
        var (input, reply) = parsed.GetValue(prices) is { } text ? Prices(text) : (settings.InputPrice, settings.OutputPrice);
        var changed = settings with
        {
            Generations = parsed.GetValue(generations) ?? settings.Generations,
            Attempts = parsed.GetValue(attempts) ?? settings.Attempts,
            Patience = parsed.GetValue(patience) ?? settings.Patience,
            MaxTokens = parsed.GetValue(maxTokens) ?? settings.MaxTokens,
            MaxCost = (decimal?)parsed.GetValue(maxCost) ?? settings.MaxCost,
            InputPrice = input,
            OutputPrice = reply,
            Hours = parsed.GetValue(hours) ?? settings.Hours,
        };
        return changed is { MaxCost: not null, Prices: null }
            ? throw CommandException.WrongUsage("--max-cost needs --prices IN,OUT: what a million tokens of prompts and of replies cost.")
            : changed;
    }

    /// <summary>What a timer can be set to.</summary>
    private static bool IsHours(double number) => number is >= 0.000001 and <= 1000;

    private static bool IsMoney(double number) => number is >= 0.000001 and <= 1_000_000_000;

    private static Option<string> Choice(string name, string? value, string description, params string[] accepted) => new(name)
    {
        HelpName = string.Join('|', accepted),
        Description = value is null ? description : $"{description} {value} if left out.",
        DefaultValueFactory = _ => value!,
    };

    private static Option<double?> OptionalReal(string name, Func<double, bool> accepts, string accepted, string description) => new(name)
    {
        HelpName = "X",
        Description = description,
        CustomParser = result => NumberOption.Parse(name, result.Tokens[0].Value, accepts, accepted),
    };

    private static string? Chosen(ParseResult parsed, Option<string> option) => parsed.GetValue(option) is { } value
        ? option.HelpName!.Split('|').Contains(value) ? value : throw CommandException.WrongUsage($"{option.Name} is '{value}'; {option.HelpName.Replace("|", ", ", StringComparison.Ordinal)} are accepted.")
        : null;

    private static void Needs(bool needed, ParseResult parsed, Option<string> option, string with)
    {
        if (needed && parsed.GetValue(option) is null)
        {
            throw CommandException.WrongUsage($"{option.Name} {option.HelpName} is missing; {with} needs it.");
        }

        OnlyWith(needed, parsed, option, with);
    }

    private static void OnlyWith(bool accepted, ParseResult parsed, Option option, string with)
    {
        if (!accepted && parsed.GetResult(option) is { Implicit: false })
        {
            throw CommandException.WrongUsage($"{option.Name} is accepted with {with}.");
        }
    }

    /// <summary>An address that may be written to the settings. What may hold a password is not repeated.</summary>
    private static string Checked(string url) => !(Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
        ? throw CommandException.WrongUsage(url.Contains('@', StringComparison.Ordinal)
            ? "--base-url is no address with http or https."
            : $"--base-url is '{url}'; an address with http or https is accepted.")
        : address is { UserInfo: "", Query: "" }
        ? url
        : throw CommandException.WrongUsage("--base-url has a name, a password or a query; an address without them is accepted, and the key is in the variable that --key-variable names.");

    /// <summary>The name of a variable; what is none may be the key itself, and is not repeated.</summary>
    private static string CheckedName(string variable) =>
        variable is [not (>= '0' and <= '9'), ..] && variable.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            ? variable
            : throw CommandException.WrongUsage("--key-variable is not the name of an environment variable; letters, digits and underscores are accepted. The key itself belongs into the variable.");

    private static ImmutableArray<int> Rounds(string text)
    {
        ImmutableArray<int> rounds = [.. text.Split(',').Select(part => NumberOption.ParseWhole("--seeds", part, 1))];
        return rounds.Zip(rounds.Skip(1)).All(pair => pair.First < pair.Second)
            ? rounds
            : throw CommandException.WrongUsage($"--seeds is '{text}'; numbers that ascend, as in 3,5,8, are accepted.");
    }

    private static (decimal Input, decimal Reply) Prices(string text) =>
        text.Split(',') is [var input, var reply]
        && decimal.TryParse(input, NumberStyles.Number, CultureInfo.InvariantCulture, out var first) && first >= 0
        && decimal.TryParse(reply, NumberStyles.Number, CultureInfo.InvariantCulture, out var second) && second >= 0
            ? (first, second)
            : throw CommandException.WrongUsage($"--prices is '{text}'; two numbers with a comma between, as in 2.5,10, are accepted.");
}
