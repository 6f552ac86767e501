using System.Text;

namespace PreferenceLosses.Text;

/// <summary>Names that are in use in one text. Each one is given out once.</summary>
/// <param name="reserved">Names that mean something else: keywords, functions.</param>
internal sealed class Names(IReadOnlySet<string> reserved)
{
    private static readonly Dictionary<char, string> Letters = new()
    {
        ['α'] = "alpha", ['β'] = "beta", ['γ'] = "gamma", ['δ'] = "delta", ['ε'] = "epsilon", ['ϵ'] = "epsilon", ['ζ'] = "zeta", ['η'] = "eta",
        ['θ'] = "theta", ['ι'] = "iota", ['κ'] = "kappa", ['λ'] = "lambda", ['μ'] = "mu", ['ν'] = "nu", ['ξ'] = "xi", ['ο'] = "omicron",
        ['π'] = "pi", ['ρ'] = "rho", ['σ'] = "sigma", ['ς'] = "sigma", ['τ'] = "tau", ['υ'] = "upsilon", ['φ'] = "phi", ['ϕ'] = "phi",
        ['χ'] = "chi", ['ψ'] = "psi", ['ω'] = "omega", ['Γ'] = "Gamma", ['Δ'] = "Delta", ['Θ'] = "Theta", ['Λ'] = "Lambda", ['Ξ'] = "Xi",
        ['Π'] = "Pi", ['Σ'] = "Sigma", ['Φ'] = "Phi", ['Ψ'] = "Psi", ['Ω'] = "Omega",
    };

    /// <summary>Marks on or behind a letter, as words: ρ̄ is rho_bar.</summary>
    private static readonly Dictionary<char, string> Marks = new()
    {
        ['\u0304'] = "bar", ['\u0302'] = "hat", ['\u0303'] = "tilde", ['\u0307'] = "dot", ['′'] = "prime",
    };

    private readonly HashSet<string> taken = [];
    private readonly Dictionary<string, int> numbers = [];

    /// <summary>The word of a Greek letter, as Python and LaTeX have it; null for other characters.</summary>
    public static string? WordOf(char letter) => Letters.GetValueOrDefault(letter);

    /// <summary>The word of a mark on or behind a letter; null for other characters.</summary>
    public static string? MarkOf(char mark) => Marks.GetValueOrDefault(mark);

    /// <summary>The digit that a subscript digit is; null for other characters.</summary>
    public static char? SubscriptOf(char c) => c is >= '₀' and <= '₉' ? (char)('0' + (c - '₀')) : null;

    /// <summary>Letters, digits and underscores, a letter first; Greek letters become words.</summary>
    /// <param name="name">Any text.</param>
    /// <param name="isLetter">Which letters the language accepts as they are.</param>
    public static string Identifier(string name, Func<char, bool> isLetter)
    {
        var text = new StringBuilder();
        foreach (var c in name)
        {
            text.Append(isLetter(c) || char.IsAsciiDigit(c) || c == '_' ? c.ToString()
                : WordOf(c) ?? (MarkOf(c) is { } mark ? "_" + mark : SubscriptOf(c)?.ToString()) ?? "_");
        }

        return text.Length > 0 && isLetter(text[0]) ? text.ToString() : "v" + text;
    }

    /// <summary>The name itself if it is free: lambda becomes lambda_ where that is a keyword, and a second x becomes x_2.</summary>
    public string Take(string name)
    {
        name = reserved.Contains(name) ? name + "_" : name;
        if (taken.Add(name))
        {
            return name;
        }

        // The counter keeps many equal names from being tried again and again.
        for (var number = numbers.GetValueOrDefault(name, 1) + 1; ; number++)
        {
            var candidate = $"{name}_{number}";
            if (!reserved.Contains(candidate) && taken.Add(candidate))
            {
                numbers[name] = number;
                return candidate;
            }
        }
    }
}
